package io.millrace.inference.transformer;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.TransformerSpec.Protocol;
import io.millrace.spi.FunctionWorker.WorkerState;
import io.millrace.spi.TransformerReply;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerServing.Call;
import io.millrace.spi.TransformerWorker;
import io.millrace.spi.TransformerWorker.Prediction;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of one transformer and the requests that wait for them. Each process has a thread
 * here that brings it one request after the other, or several at once where its code takes that. A
 * caller that gives up leaves the process alone: what it asks the model from then on is refused.
 */
final class TransformerPool {

    private static final Logger LOG = LoggerFactory.getLogger(TransformerPool.class);

    private static final int MAX_QUEUED = 1024;
    private static final int MAX_BATCH = 64;
    private static final long MAX_BATCH_BYTES = 8 << 20;

    /** How often a thread whose process is not up looks whether it is. */
    private static final long LOOK_MILLIS = 50;

    private final String label;
    private final List<TransformerWorker> workers;
    private final BodyPrediction model;
    private final TimeSource time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean isRetired;

    /** A request and its reply to come. */
    private static final class Waiting {
        private final Call call;
        private final long deadline;
        private final CompletableFuture<TransformerReply> reply = new CompletableFuture<>();

        /** Nobody waits for it any more. */
        private volatile boolean isAbandoned;

        Waiting(Call call, long deadline) {
            this.call = call;
            this.deadline = deadline;
        }
    }

    /**
     * A pool that takes nothing yet.
     *
     * @param workers end with this
     */
    TransformerPool(
            String label, List<TransformerWorker> workers, BodyPrediction model, TimeSource time) {
        this.label = label;
        this.workers = List.copyOf(workers);
        this.model = model;
        this.time = time;
    }

    void start() {
        for (int i = 0; i < workers.size(); i++) {
            TransformerWorker worker = workers.get(i);
            threads.add(
                    Thread.ofVirtual()
                            .name("transformer-" + label + "-" + i)
                            .start(() -> serve(worker)));
        }
    }

    int size() {
        return workers.size();
    }

    /** How many processes are up. */
    int running() {
        int running = 0;
        for (TransformerWorker worker : workers) {
            if (worker.state() instanceof WorkerState.Running) {
                running++;
            }
        }
        return running;
    }

    /** Why one that is not up is not; empty when all are. */
    String trouble() {
        for (TransformerWorker worker : workers) {
            switch (worker.state()) {
                case WorkerState.Running _ -> {}
                case WorkerState.Starting(String message) -> {
                    return message;
                }
                case WorkerState.Closed() -> {
                    return "its processes are being stopped";
                }
            }
        }
        return "";
    }

    /**
     * Has a request answered.
     *
     * @throws MillraceException {@code OVERLOADED}, {@code TIMEOUT}, {@code UNAVAILABLE}
     */
    TransformerReply call(Call call) {
        long start = time.nanoTime();
        var mine = new Waiting(call, start + call.timeout().toNanos());
        add(mine);
        try {
            return mine.reply.get(
                    Math.max(0, mine.deadline - time.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            abandon(mine);
            throw late(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abandon(mine);
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the call was interrupted", e);
        } catch (ExecutionException e) {
            throw MillraceException.internal("a call of a transformer ended oddly", e);
        }
    }

    private MillraceException late(TimeoutException e) {
        return running() == 0
                ? new MillraceException(
                        ErrorCode.UNAVAILABLE, "the transformer is not ready: " + trouble(), e)
                : new MillraceException(
                        ErrorCode.TIMEOUT,
                        "the transformer did not answer before the deadline of the call",
                        e);
    }

    private void add(Waiting mine) {
        lock.lock();
        try {
            if (isRetired) {
                throw ended();
            }
            if (queue.size() >= MAX_QUEUED) {
                throw new MillraceException(
                        ErrorCode.OVERLOADED,
                        "%d requests are waiting for the transformer; try again later"
                                .formatted(MAX_QUEUED));
            }
            queue.addLast(mine);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void abandon(Waiting mine) {
        mine.isAbandoned = true;
        lock.lock();
        try {
            queue.remove(mine);
        } finally {
            lock.unlock();
        }
    }

    private void serve(TransformerWorker worker) {
        var batch = new ArrayList<Waiting>();
        try {
            while (take(worker, batch)) {
                answer(worker, batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for requests; false at the end. A process that is not up leaves them to the others, as
     * long as there is one.
     */
    private boolean take(TransformerWorker worker, List<Waiting> batch)
            throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                boolean isUp = worker.state() instanceof WorkerState.Running;
                if (!queue.isEmpty() && (isUp || running() == 0)) {
                    break;
                }
                if (isRetired && queue.isEmpty()) {
                    return false;
                }
                if (queue.isEmpty()) {
                    changed.await();
                } else {
                    var _ = changed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                }
            }
            int most = worker.takesBatches() ? MAX_BATCH : 1;
            long bytes = 0;
            while (!queue.isEmpty() && batch.size() < most) {
                bytes += queue.getFirst().call.request().body().length;
                if (bytes > MAX_BATCH_BYTES && !batch.isEmpty()) {
                    break;
                }
                batch.add(queue.removeFirst());
            }
            if (!queue.isEmpty()) {
                changed.signal();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void answer(TransformerWorker worker, List<Waiting> batch) {
        List<TransformerRequest> requests =
                batch.stream().map(waiting -> waiting.call.request()).toList();
        try {
            List<TransformerReply> replies =
                    worker.handle(
                            requests,
                            (request, protocol, body, jsonLength) ->
                                    predict(batch.get(request), protocol, body, jsonLength));
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).reply.complete(replies.get(i));
            }
        } catch (Throwable e) {
            // The supervisor's catch: whatever a worker throws, nobody waits in vain.
            LOG.error("requests for the transformer of {} failed", label, e);
            var failed =
                    new TransformerReply.Failed(
                            ErrorCode.INTERNAL, "the transformer could not be called: " + e);
            batch.forEach(waiting -> waiting.reply.complete(failed));
        }
    }

    private Prediction predict(Waiting waiting, Protocol protocol, byte[] body, int jsonLength) {
        long left = waiting.deadline - time.nanoTime();
        if (waiting.isAbandoned || left <= 0) {
            return BodyPrediction.error(
                    new MillraceException(
                            ErrorCode.TIMEOUT, "the deadline of the request has passed"));
        }
        try {
            return model.answer(waiting.call, protocol, body, jsonLength, Duration.ofNanos(left));
        } catch (RuntimeException e) {
            LOG.error("a prediction for the transformer of {} failed", label, e);
            return BodyPrediction.error(
                    MillraceException.internal("the prediction failed: " + e, e));
        }
    }

    private static MillraceException ended() {
        return new MillraceException(
                ErrorCode.UNAVAILABLE, "the transformer was replaced while the call came in");
    }

    /** It takes no more; what waits is answered, then its processes end. Returns at once. */
    void retire() {
        if (markRetired()) {
            Thread.ofVirtual().name("transformer-end-" + label).start(this::end);
        }
    }

    /** The same, and returns when all have ended; what waits is refused. */
    void close() {
        markRetired();
        lock.lock();
        try {
            var refused = new TransformerReply.Failed(ErrorCode.UNAVAILABLE, ended().text());
            queue.forEach(waiting -> waiting.reply.complete(refused));
            queue.clear();
        } finally {
            lock.unlock();
        }
        workers.forEach(TransformerWorker::close);
        end();
    }

    private boolean markRetired() {
        lock.lock();
        try {
            boolean isFirst = !isRetired;
            isRetired = true;
            changed.signalAll();
            return isFirst;
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        workers.forEach(TransformerWorker::close);
    }
}
