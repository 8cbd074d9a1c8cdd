package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import io.millrace.spi.LogRecord;
import io.millrace.stream.dead.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Calls a function in its worker process, a whole batch at a time. */
final class FunctionStage implements Stage {

    private final String label;
    private final FunctionWorker worker;
    private final TaskControl control;
    private final String step;
    private final List<FunctionMessage> messages = new ArrayList<>();

    /**
     * A stage that calls a worker.
     *
     * @param step the function and which generation of it: {@code function/classify@7}
     */
    FunctionStage(String label, String step, FunctionWorker worker, TaskControl control) {
        this.label = label;
        this.step = step;
        this.worker = worker;
        this.control = control;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        verdicts.by(step);
        messages.clear();
        for (int i = 0; i < count; i++) {
            messages.add(message(batch.recordOf(pending[i]), batch.payload(pending[i])));
        }
        List<FunctionResult> results;
        try {
            results = worker.process(messages);
        } catch (MillraceException e) {
            for (int i = 0; i < count; i++) {
                refuse(pending[i], e.code(), e.text(), verdicts);
            }
            return;
        } finally {
            messages.clear();
        }
        if (results.size() != count) {
            throw MillraceException.internal(
                    "%s gave %d results for %d messages".formatted(label, results.size(), count),
                    null);
        }
        for (int i = 0; i < count; i++) {
            switch (results.get(i)) {
                case FunctionResult.Sent sent -> verdicts.sent(pending[i], sent.payloads());
                case FunctionResult.Failed failed ->
                        refuse(pending[i], failed.code(), failed.reason(), verdicts);
            }
        }
    }

    private static void refuse(
            int item, io.millrace.api.ErrorCode code, String reason, Verdicts verdicts) {
        if (Stage.isPassing(code)) {
            verdicts.mustWait(item, code, reason);
        } else {
            verdicts.failed(item, code, reason);
        }
    }

    private FunctionMessage message(LogRecord record, byte[] payload) {
        Map<String, String> selectors = control.selectors(Origin.topic(record));
        return new FunctionMessage(
                payload, Template.senderTopic(record), ReceivedTime.nanos(record), selectors);
    }

    @Override
    public Optional<String> notReady() {
        return switch (worker.state()) {
            case FunctionWorker.WorkerState.Running _ -> Optional.empty();
            case FunctionWorker.WorkerState.Starting(String message) ->
                    Optional.of(label + ": " + message);
            case FunctionWorker.WorkerState.Closed() -> Optional.of(label + ": worker closed");
        };
    }

    @Override
    public void close() {
        worker.close();
    }
}
