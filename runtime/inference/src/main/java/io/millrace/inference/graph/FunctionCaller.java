package io.millrace.inference.graph;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.FunctionWorker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls of one function by many threads. One thread of its own takes all that is queued to the
 * worker as one batch: a caller that gives up, by its deadline or because it is interrupted, leaves
 * the worker and the other calls of its batch alone.
 */
final class FunctionCaller implements AutoCloseable {

    private static final int MAX_QUEUED = 1024;
    private static final int MAX_BATCH = 64;

    private static final Logger LOG = LoggerFactory.getLogger(FunctionCaller.class);

    private final String topic;
    private final FunctionWorker worker;
    private final TimeSource time;
    private final Thread thread;
    private final AtomicInteger holders = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private boolean isClosed;

    /** A call and its result to come. */
    private record Waiting(FunctionMessage message, CompletableFuture<FunctionResult> result) {}

    private FunctionCaller(String topic, FunctionWorker worker, TimeSource time) {
        this.topic = topic;
        this.worker = worker;
        this.time = time;
        this.thread = Thread.ofVirtual().name("graph-function-" + topic).unstarted(this::work);
    }

    /**
     * Begins to take calls.
     *
     * @param worker ends with this
     */
    static FunctionCaller start(String topic, FunctionWorker worker, TimeSource time) {
        var caller = new FunctionCaller(topic, worker, time);
        caller.thread.start();
        return caller;
    }

    /** A graph goes on with it: it stays until all who hold it have released it. */
    void hold() {
        holders.incrementAndGet();
    }

    /** The opposite of {@link #hold}: the last one closes it. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            close();
        }
    }

    /**
     * What the function sends for a body.
     *
     * @throws MillraceException {@code OVERLOADED}, {@code TIMEOUT}, {@code UNAVAILABLE}; {@code
     *     USER_CODE} when it failed, or did not send exactly one message
     */
    byte[] call(byte[] body, long deadline) {
        long received = TimeUnit.MILLISECONDS.toNanos(time.now().toEpochMilli());
        var message = new FunctionMessage(body, topic, received, Map.of());
        var mine = new Waiting(message, new CompletableFuture<>());
        add(mine);
        return payload(await(mine, deadline));
    }

    private void add(Waiting mine) {
        lock.lock();
        try {
            if (isClosed) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, ended().reason());
            }
            if (queue.size() == MAX_QUEUED) {
                throw new MillraceException(
                        ErrorCode.OVERLOADED,
                        "%d calls are waiting for the function; try again later"
                                .formatted(MAX_QUEUED));
            }
            queue.addLast(mine);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private FunctionResult await(Waiting mine, long deadline) {
        try {
            return mine.result.get(Math.max(0, deadline - time.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            withdraw(mine);
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    "the function did not answer before the deadline of the call",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            withdraw(mine);
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the call was interrupted", e);
        } catch (ExecutionException e) {
            throw MillraceException.internal("a call of a function ended oddly", e);
        }
    }

    private void withdraw(Waiting mine) {
        lock.lock();
        try {
            queue.remove(mine);
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        var batch = new ArrayList<Waiting>();
        while (takeBatch(batch)) {
            process(batch);
            batch.clear();
        }
    }

    /** Waits for calls; false at the end, when whoever still waited has been told. */
    private boolean takeBatch(List<Waiting> batch) {
        lock.lock();
        try {
            while (queue.isEmpty() && !isClosed) {
                changed.awaitUninterruptibly();
            }
            if (isClosed) {
                queue.forEach(waiting -> waiting.result.complete(ended()));
                queue.clear();
                return false;
            }
            while (!queue.isEmpty() && batch.size() < MAX_BATCH) {
                batch.add(queue.removeFirst());
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void process(List<Waiting> batch) {
        try {
            List<FunctionResult> results =
                    worker.process(batch.stream().map(Waiting::message).toList());
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).result.complete(results.get(i));
            }
        } catch (Throwable e) {
            // The supervisor's catch: whatever a worker throws, nobody waits in vain.
            LOG.error("a batch of calls of a function in graph {} failed", topic, e);
            var failed =
                    new FunctionResult.Failed(
                            ErrorCode.INTERNAL, "the function could not be called: " + e);
            batch.forEach(waiting -> waiting.result.complete(failed));
        }
    }

    private static FunctionResult.Failed ended() {
        return new FunctionResult.Failed(
                ErrorCode.UNAVAILABLE, "the graph was removed while the call was under way");
    }

    private static byte[] payload(FunctionResult result) {
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
        };
    }

    /** Ends the worker, after the batch that it works on. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whoever is in a hurry ends the batch, too
        }
        worker.close();
    }
}
