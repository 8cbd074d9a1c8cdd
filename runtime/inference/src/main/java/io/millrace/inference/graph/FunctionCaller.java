package io.millrace.inference.graph;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one function by many threads. Whoever has the turn takes all that is queued to the
 * worker as one batch; the others find their results when their turn comes.
 */
final class FunctionCaller implements AutoCloseable {

    private static final int MAX_QUEUED = 1024;
    private static final int MAX_BATCH = 64;

    private final String topic;
    private final FunctionWorker worker;
    private final TimeSource time;
    private final ReentrantLock turn = new ReentrantLock();
    private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
    private volatile boolean isClosed;

    /** A call; its result is written and read by whoever has the turn. */
    private static final class Waiting {
        private final FunctionMessage message;
        private @Nullable FunctionResult result;

        Waiting(FunctionMessage message) {
            this.message = message;
        }
    }

    FunctionCaller(String topic, FunctionWorker worker, TimeSource time) {
        this.topic = topic;
        this.worker = worker;
        this.time = time;
    }

    /**
     * What the function sends for a body.
     *
     * @throws MillraceException {@code OVERLOADED}, {@code TIMEOUT}, {@code UNAVAILABLE}; {@code
     *     USER_CODE} when it failed, or did not send exactly one message
     */
    byte[] call(byte[] body, long deadline) {
        long received = TimeUnit.MILLISECONDS.toNanos(time.now().toEpochMilli());
        var mine = new Waiting(new FunctionMessage(body, topic, received, Map.of()));
        if (!queue.offer(mine)) {
            throw new MillraceException(
                    ErrorCode.OVERLOADED,
                    "%d calls are waiting for the function".formatted(MAX_QUEUED));
        }
        takeTurn(mine, deadline);
        try {
            while (mine.result == null && !isClosed) {
                work();
            }
            return payload(mine.result);
        } finally {
            turn.unlock();
        }
    }

    private void takeTurn(Waiting mine, long deadline) {
        try {
            if (turn.tryLock(Math.max(0, deadline - time.nanoTime()), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            queue.remove(mine);
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the call was interrupted", e);
        }
        queue.remove(mine);
        throw new MillraceException(
                ErrorCode.TIMEOUT, "the function did not answer before the deadline of the call");
    }

    private void work() {
        var batch = new ArrayList<Waiting>();
        queue.drainTo(batch, MAX_BATCH);
        List<FunctionResult> results =
                worker.process(batch.stream().map(waiting -> waiting.message).toList());
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).result = results.get(i);
        }
    }

    private static byte[] payload(@Nullable FunctionResult result) {
        return switch (result) {
            case FunctionResult.Sent(List<byte[]> payloads) when payloads.size() == 1 ->
                    payloads.getFirst();
            case FunctionResult.Sent(List<byte[]> payloads) ->
                    throw new MillraceException(
                            ErrorCode.USER_CODE,
                            "a function in a graph must send exactly one message, it sent "
                                    + payloads.size());
            case FunctionResult.Failed(ErrorCode code, String reason) ->
                    throw new MillraceException(code, reason);
            case null ->
                    throw new MillraceException(
                            ErrorCode.UNAVAILABLE, "the graph was changed or removed");
        };
    }

    /** Ends the worker, after the batch that it works on. */
    @Override
    public void close() {
        isClosed = true;
        turn.lock();
        try {
            worker.close();
        } finally {
            turn.unlock();
        }
    }
}
