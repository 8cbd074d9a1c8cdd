package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages on one side, a supervised process on the other.
 *
 * <pre>
 *   process() ── waits for ──▶ Supervisor ── starts, replaces ──▶ WorkerProcess
 *      └───────── calls ─────▶ Conversation ─────────frames─────────┘
 * </pre>
 */
final class ProcessFunctionWorker implements FunctionWorker {

    private static final Logger log = LoggerFactory.getLogger(ProcessFunctionWorker.class);

    /** A worker that ends so often before it begins a message is ended by that message. */
    private static final int DEATHS_WITHOUT_BEGIN = 3;

    private final FunctionLaunch launch;
    private final Supervisor<Conversation> supervisor;
    private final WorkerMeters meters;
    private final TimeSource time;
    private final ReentrantLock turn = new ReentrantLock();

    ProcessFunctionWorker(
            FunctionLaunch launch,
            Supervisor<Conversation> supervisor,
            WorkerMeters meters,
            TimeSource time) {
        this.launch = launch;
        this.supervisor = supervisor;
        this.meters = meters;
        this.time = time;
    }

    @Override
    public List<FunctionResult> process(List<FunctionMessage> batch) {
        turn.lock();
        try {
            long before = time.nanoTime();
            @Nullable FunctionResult[] results = new @Nullable FunctionResult[batch.size()];
            new Pass(batch, results).run();
            meters.batch(batch.size(), time.nanoTime() - before);
            return complete(results);
        } finally {
            turn.unlock();
        }
    }

    @Override
    public WorkerState state() {
        return supervisor.state();
    }

    @Override
    public void close() {
        supervisor.close();
    }

    private List<FunctionResult> complete(@Nullable FunctionResult[] results) {
        FunctionResult[] complete = new FunctionResult[results.length];
        for (int i = 0; i < results.length; i++) {
            FunctionResult result = results[i];
            if (result == null) {
                throw new IllegalStateException("message " + i + " has no verdict");
            }
            if (result instanceof FunctionResult.Failed failed) {
                meters.failure(failed.code());
            }
            complete[i] = result;
        }
        return Arrays.asList(complete);
    }

    /** One batch on its way through as many processes as it takes. */
    private final class Pass {

        private final List<FunctionMessage> batch;
        private final @Nullable FunctionResult[] results;
        private int at;
        private int singlyUntil;
        private int deathsWithoutBegin;

        Pass(List<FunctionMessage> batch, @Nullable FunctionResult[] results) {
            this.batch = batch;
            this.results = results;
        }

        void run() {
            while (at < batch.size()) {
                if (batch.get(at).payload().length > Protocol.MAX_PAYLOAD) {
                    tooLarge();
                    continue;
                }
                switch (supervisor.awaitReady()) {
                    case Supervisor.Ready<Conversation>(var process, var conversation) ->
                            call(process, conversation);
                    case Supervisor.NotReady<Conversation>(Verdict verdict) -> failRest(verdict);
                }
            }
        }

        private void call(WorkerProcess process, Conversation conversation) {
            boolean singly = at < singlyUntil;
            int end = singly ? singlyUntil : endOfSendable();
            try {
                conversation.call(batch, at, end, singly, results);
                at = end;
            } catch (ClosedByInterruptException e) {
                at = conversation.firstUnanswered();
                Verdict verdict = Verdict.interrupted();
                supervisor.replace(process, conversation.completed(), process.end(verdict));
                failRest(verdict);
            } catch (IOException e) {
                at = conversation.firstUnanswered();
                log.debug("The conversation with a worker of {} broke", launch.function(), e);
                Verdict verdict =
                        e instanceof ProtocolViolation violation
                                ? process.end(Verdict.connectionDisturbed(violation.how()))
                                : process.bury(Verdict.connectionClosed());
                supervisor.replace(process, conversation.completed(), verdict);
                blame(conversation, verdict);
            }
        }

        private void blame(Conversation conversation, Verdict verdict) {
            if (at >= batch.size()) {
                return;
            }
            if (conversation.isBegun()) {
                deathsWithoutBegin = 0;
                if (conversation.suspectsEnd() > at) {
                    // One of several messages of a batch call: called one by one, it shows which.
                    singlyUntil = conversation.suspectsEnd();
                } else {
                    fail(verdict);
                }
            } else if (++deathsWithoutBegin >= DEATHS_WITHOUT_BEGIN) {
                deathsWithoutBegin = 0;
                fail(verdict);
            }
        }

        private int endOfSendable() {
            int end = at;
            while (end < batch.size() && batch.get(end).payload().length <= Protocol.MAX_PAYLOAD) {
                end++;
            }
            return end;
        }

        private void tooLarge() {
            results[at] =
                    new FunctionResult.Failed(
                            ErrorCode.TOO_LARGE,
                            "the message has "
                                    + batch.get(at).payload().length
                                    + " bytes, a function takes "
                                    + Protocol.MAX_PAYLOAD);
            at++;
        }

        private void failRest(Verdict verdict) {
            while (at < batch.size()) {
                fail(verdict);
            }
        }

        private void fail(Verdict verdict) {
            results[at] = new FunctionResult.Failed(verdict.code(), verdict.reason());
            at++;
        }
    }
}
