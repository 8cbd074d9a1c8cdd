package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionWorker.WorkerState;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerWorker;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests on one side, a supervised process that is a transformer on the other. */
final class ProcessTransformerWorker implements TransformerWorker {

    private static final Logger log = LoggerFactory.getLogger(ProcessTransformerWorker.class);

    /** What one frame holds beside bodies, and more. */
    private static final int ROOM = 4 << 20;

    /** A worker that ends so often before it begins a request is ended by that request. */
    private static final int DEATHS_WITHOUT_BEGIN = 3;

    private final FunctionLaunch launch;
    private final Supervisor<TransformerTalk> supervisor;
    private final WorkerMeters meters;
    private final TimeSource time;
    private final ReentrantLock turn = new ReentrantLock();
    private volatile boolean takesBatches;

    ProcessTransformerWorker(
            FunctionLaunch launch,
            Supervisor<TransformerTalk> supervisor,
            WorkerMeters meters,
            TimeSource time) {
        this.launch = launch;
        this.supervisor = supervisor;
        this.meters = meters;
        this.time = time;
    }

    @Override
    public List<TransformerReply> handle(List<TransformerRequest> requests, Predictor predictor) {
        turn.lock();
        try {
            long before = time.nanoTime();
            var pass = new Pass(requests, predictor);
            pass.run();
            meters.batch(requests.size(), time.nanoTime() - before);
            return pass.complete();
        } finally {
            turn.unlock();
        }
    }

    @Override
    public boolean takesBatches() {
        return takesBatches;
    }

    @Override
    public WorkerState state() {
        return supervisor.state();
    }

    @Override
    public void close() {
        supervisor.close();
    }

    /** Requests on their way through as many processes as it takes. */
    private final class Pass {

        private final List<TransformerRequest> requests;
        private final Predictor predictor;
        private final @Nullable TransformerReply[] replies;
        private int at;
        private int singlyUntil;
        private int deathsWithoutBegin;

        Pass(List<TransformerRequest> requests, Predictor predictor) {
            this.requests = requests;
            this.predictor = predictor;
            this.replies = new @Nullable TransformerReply[requests.size()];
        }

        void run() {
            while (at < requests.size()) {
                if (size(at) > Protocol.MAX_PAYLOAD) {
                    fail(
                            new Verdict(
                                    ErrorCode.TOO_LARGE,
                                    "the request has %d bytes, a transformer takes %d"
                                            .formatted(size(at), Protocol.MAX_PAYLOAD)));
                    continue;
                }
                switch (supervisor.awaitReady()) {
                    case Supervisor.Ready<TransformerTalk>(var process, var talk) ->
                            call(process, talk);
                    case Supervisor.NotReady<TransformerTalk>(Verdict verdict) -> failRest(verdict);
                }
            }
        }

        List<TransformerReply> complete() {
            var complete = new ArrayList<TransformerReply>();
            for (TransformerReply reply : replies) {
                if (reply == null) {
                    throw new IllegalStateException("a request has no reply");
                }
                if (reply instanceof TransformerReply.Failed failed) {
                    meters.failure(failed.code());
                }
                complete.add(reply);
            }
            return complete;
        }

        private void call(WorkerProcess process, TransformerTalk talk) {
            takesBatches = talk.isBatchCapable();
            int end = at < singlyUntil || !talk.isBatchCapable() ? at + 1 : endOfFrame();
            try {
                talk.handle(requests, at, end, predictor, replies);
                at = end;
            } catch (ClosedByInterruptException e) {
                at = talk.firstUnanswered();
                Verdict verdict = Verdict.interrupted();
                supervisor.replace(process, talk.completed(), process.end(verdict));
                failRest(verdict);
            } catch (IOException e) {
                at = talk.firstUnanswered();
                log.debug("The talk with a transformer of {} broke", launch.pipeline(), e);
                Verdict verdict =
                        e instanceof ProtocolViolation violation
                                ? process.end(Verdict.connectionDisturbed(violation.how()))
                                : process.bury(Verdict.connectionClosed());
                supervisor.replace(process, talk.completed(), verdict);
                blame(talk, end, verdict);
            }
        }

        private void blame(TransformerTalk talk, int end, Verdict verdict) {
            if (at >= end) {
                return;
            }
            if (talk.isBegun()) {
                deathsWithoutBegin = 0;
                if (end - at > 1) {
                    singlyUntil = end; // one by one, they show which it was
                } else {
                    fail(verdict);
                }
            } else if (++deathsWithoutBegin >= DEATHS_WITHOUT_BEGIN) {
                deathsWithoutBegin = 0;
                fail(verdict);
            }
        }

        private int endOfFrame() {
            long bytes = 0;
            int end = at;
            while (end < requests.size()) {
                bytes += size(end);
                if (end > at && bytes > Protocol.MAX_FRAME - ROOM - (14 << 20)) {
                    break;
                }
                end++;
            }
            return end;
        }

        private long size(int index) {
            TransformerRequest request = requests.get(index);
            long size = request.body().length;
            for (var header : request.headers().entrySet()) {
                size += 8L + 3L * (header.getKey().length() + header.getValue().length());
            }
            return size;
        }

        private void failRest(Verdict verdict) {
            while (at < requests.size()) {
                fail(verdict);
            }
        }

        private void fail(Verdict verdict) {
            replies[at] = new TransformerReply.Failed(verdict.code(), verdict.reason());
            at++;
        }
    }
}
