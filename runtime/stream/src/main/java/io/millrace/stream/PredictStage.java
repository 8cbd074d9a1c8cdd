package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec.PredictStep;
import io.millrace.api.ResourceKey;
import io.millrace.codec.json.GraphJson;
import io.millrace.spi.ReplyStatus;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerServing;
import io.millrace.spi.TransformerServing.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Has a model answer records as it answers requests over HTTP, through its transformer. The records
 * of a batch are on their way at the same time: the transformer's processes share them, and the
 * model puts their calls together.
 *
 * <p>A model or transformer that is away is no fault of the records: they wait.
 */
final class PredictStage implements Stage {

    /** More would only fill the transformer's queue. */
    private static final int MAX_UNDER_WAY = 64;

    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    private final String label;
    private final ResourceKey pipeline;
    private final PredictStep step;
    private final TransformerServing requests;
    private final TaskControl control;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    PredictStage(
            String label,
            ResourceKey pipeline,
            PredictStep step,
            TransformerServing requests,
            TaskControl control) {
        this.label = label;
        this.pipeline = pipeline;
        this.step = step;
        this.requests = requests;
        this.control = control;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public void attempt(Batch batch, int[] pending, int count, Verdicts verdicts) {
        verdicts.by("model/" + step.model());
        for (int from = 0; from < count; from += MAX_UNDER_WAY) {
            control.failOnAbort();
            some(batch, pending, from, Math.min(count, from + MAX_UNDER_WAY), verdicts);
        }
    }

    private void some(Batch batch, int[] pending, int from, int to, Verdicts verdicts) {
        List<Future<Answered>> answers = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            Call call = call(batch, pending[i]);
            answers.add(threads.submit(() -> requests.call(call)));
        }
        for (int i = from; i < to; i++) {
            judge(pending[i], answers.get(i - from), verdicts);
        }
    }

    private Call call(Batch batch, int item) {
        return new Call(
                pipeline.project(),
                step.model(),
                step.version(),
                RecordRequest.of(batch.recordOf(item), batch.payload(item), pipeline),
                "",
                TIMEOUT);
    }

    private static void judge(int item, Future<Answered> answer, Verdicts verdicts) {
        try {
            Answered answered = answer.get();
            if (answered.isSuccess()) {
                verdicts.sent(item, answered.body());
                return;
            }
            refuse(
                    item,
                    ReplyStatus.code(answered.status()),
                    GraphJson.errorIn(answered.body()),
                    verdicts);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer.cancel(true);
            verdicts.mustWait(item, ErrorCode.UNAVAILABLE, "the task is being stopped");
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof MillraceException known)) {
                throw MillraceException.internal("a predict step failed", e.getCause());
            }
            // Without a model of that name nothing can be said of the record.
            if (known.code() == ErrorCode.NOT_FOUND) {
                verdicts.mustWait(item, known.code(), known.text());
            } else {
                refuse(item, known.code(), known.text(), verdicts);
            }
        }
    }

    private static void refuse(int item, ErrorCode code, String reason, Verdicts verdicts) {
        if (Stage.isPassing(code)) {
            verdicts.mustWait(item, code, reason);
        } else {
            verdicts.failed(item, code, reason);
        }
    }

    @Override
    public Optional<String> notReady() {
        return Optional.empty();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
