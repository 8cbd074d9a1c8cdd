package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls of one loaded version, put together into engine calls.
 *
 * <pre>
 *   caller --idle and quick--> engine, in the caller's thread
 *     '--busy--> queue --> worker: takes all that fits, never waits for more --> engine
 * </pre>
 *
 * <p>Every version has workers of its own, made when they are needed and gone when idle: a slow
 * model can fill its own queue and nothing else, and the system shares the cores between models.
 * The number of engine calls at once is limited, callers' threads included. Hot path: one short
 * lock per call, no allocation beside the item.
 */
final class Batcher implements AutoCloseable {

    /**
     * Calls quicker than this run in the caller's thread: handing over would cost as much, and a
     * deadline cannot be missed by much.
     */
    private static final long QUICK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long IDLE_WORKER_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** How far into the queue a worker looks for calls that fit together. */
    private static final int MAX_SCAN = 512;

    private static final Logger LOG = LoggerFactory.getLogger(Batcher.class);

    private final LoadedModel model;
    private final Map<String, Batching> batching;
    private final BatchLimits limits;
    private final ThreadFactory threads;
    private final TimeSource time;
    private final BatchMeters meters;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition closed = lock.newCondition();
    private final Deque<BatchItem> queue = new ArrayDeque<>();
    private final Deque<long[]> scratches = new ArrayDeque<>();
    private volatile int maxItems;
    private int queuedRows;
    private int running;
    private int workers;
    private int idleWorkers;
    private boolean isClosing;
    private boolean isClosed;

    /** Roughly how long an engine call takes; racy on purpose, a hint. */
    private volatile long typicalNanos = Long.MAX_VALUE / 16;

    Batcher(
            LoadedModel model,
            Map<String, Batching> batching,
            BatchLimits limits,
            ThreadFactory threads,
            TimeSource time,
            BatchMeters meters) {
        this.model = model;
        this.batching = Map.copyOf(batching);
        this.limits = limits;
        this.maxItems = limits.maxItems();
        this.threads = threads;
        this.time = time;
        this.meters = meters;
    }

    /**
     * Computes.
     *
     * @param inputs checked against the signature
     * @param deadline by the time source's nanoseconds
     * @return the outputs, or null when this version is being closed
     */
    @Nullable List<Tensor> submit(Signature signature, List<Tensor> inputs, long deadline) {
        Batching mode = batching.getOrDefault(signature.name(), Batching.AS_CALLED);
        if (mode == Batching.AS_CALLED) {
            return one(signature, inputs, 1, false, deadline);
        }
        int rows = InputCheck.rows(signature, inputs);
        int piece = mode == Batching.ONE_BY_ONE ? 1 : maxItems;
        return rows <= piece
                ? one(signature, inputs, rows, mode == Batching.MERGED, deadline)
                : inPieces(signature, inputs, rows, piece, deadline);
    }

    private @Nullable List<Tensor> one(
            Signature signature, List<Tensor> inputs, int rows, boolean canMerge, long deadline) {
        long now = time.nanoTime();
        BatchItem item = null;
        lock.lock();
        try {
            if (isClosing) {
                return null;
            }
            boolean isIdle = queue.isEmpty() && running < limits.workers();
            if (isIdle && typicalNanos < QUICK_NANOS) {
                running++;
            } else {
                item = new BatchItem(signature, inputs, rows, canMerge, now, deadline);
                enqueue(item);
            }
        } finally {
            lock.unlock();
        }
        if (item == null) {
            try {
                return call(signature, inputs, rows);
            } finally {
                afterCall();
            }
        }
        return await(item);
    }

    /** All pieces are queued together: either all find room or none is computed. */
    private @Nullable List<Tensor> inPieces(
            Signature signature, List<Tensor> inputs, int rows, int piece, long deadline) {
        long now = time.nanoTime();
        var items = new ArrayList<BatchItem>();
        for (int from = 0; from < rows; from += piece) {
            int count = Math.min(piece, rows - from);
            items.add(
                    new BatchItem(
                            signature,
                            Rows.slice(inputs, from, count),
                            count,
                            piece > 1,
                            now,
                            deadline));
        }
        lock.lock();
        try {
            if (isClosing) {
                return null;
            }
            // A call larger than the whole queue may still come when nobody waits.
            if (!queue.isEmpty()) {
                checkRoom(rows);
            }
            for (BatchItem item : items) {
                add(item);
            }
        } finally {
            lock.unlock();
        }
        return awaitAll(items);
    }

    private List<Tensor> awaitAll(List<BatchItem> items) {
        var results = new ArrayList<List<Tensor>>(items.size());
        try {
            for (BatchItem item : items) {
                results.add(await(item));
            }
        } finally {
            for (int i = results.size(); i < items.size(); i++) {
                leave(items.get(i));
            }
        }
        return Rows.join(results);
    }

    private List<Tensor> await(BatchItem item) {
        try {
            if (item.await(time)) {
                return item.result();
            }
        } finally {
            leave(item);
        }
        throw new MillraceException(
                ErrorCode.TIMEOUT, "the model did not answer before the deadline of the call");
    }

    private void leave(BatchItem item) {
        if (item.tryLeave()) {
            lock.lock();
            try {
                if (queue.remove(item)) {
                    queuedRows -= item.rows();
                }
                finishClosing();
            } finally {
                lock.unlock();
            }
        }
    }

    private void enqueue(BatchItem item) {
        checkRoom(item.rows());
        add(item);
    }

    private void checkRoom(int rows) {
        if (queuedRows + (long) rows > limits.maxQueuedItems()) {
            throw new MillraceException(
                    ErrorCode.OVERLOADED,
                    "the model's queue is full: %d items are waiting, allowed are %d"
                            .formatted(queuedRows, limits.maxQueuedItems()));
        }
    }

    private void add(BatchItem item) {
        queue.add(item);
        queuedRows += item.rows();
        if (running < limits.workers()) {
            wakeWorker();
        }
    }

    private void wakeWorker() {
        if (idleWorkers > 0) {
            work.signal();
        } else if (workers < limits.workers()) {
            startWorker();
        }
    }

    private void startWorker() {
        try {
            threads.newThread(this::workUntilIdle).start();
            workers++; // it cannot look before this thread gives the lock back
        } catch (Throwable e) {
            // The system may be out of threads, which is an Error. A worker that is there will do.
            LOG.error("cannot start a thread for a model", e);
            if (workers == 0) {
                failQueue(
                        new MillraceException(
                                ErrorCode.OVERLOADED, "no thread is free for the model", e));
            }
        }
    }

    private void failQueue(MillraceException reason) {
        for (BatchItem item = queue.poll(); item != null; item = queue.poll()) {
            if (item.tryStart()) {
                item.fail(reason);
            }
        }
        queuedRows = 0;
    }

    private void workUntilIdle() {
        var batch = new ArrayList<BatchItem>();
        while (takeBatch(batch)) {
            try {
                execute(batch);
            } catch (Throwable e) {
                failAll(batch, e);
            } finally {
                batch.clear();
                afterCall();
            }
        }
    }

    /** The supervisor's end of a batch: whatever was thrown, nobody waits for an answer in vain. */
    private static void failAll(List<BatchItem> batch, Throwable cause) {
        LOG.error("a batch failed outside of the engine", cause);
        var reason = new MillraceException(ErrorCode.INTERNAL, "the batch failed: " + cause, cause);
        for (BatchItem item : batch) {
            item.fail(reason);
        }
    }

    /** Waits for something to do; false when this worker shall end. */
    private boolean takeBatch(List<BatchItem> batch) {
        lock.lock();
        try {
            long left = IDLE_WORKER_NANOS;
            while (true) {
                if (running < limits.workers() && fill(batch)) {
                    running++;
                    return true;
                }
                if (left <= 0 || isClosed) {
                    workers--;
                    return false;
                }
                idleWorkers++;
                try {
                    left = work.awaitNanos(left);
                } finally {
                    idleWorkers--;
                }
            }
        } catch (InterruptedException e) {
            // Nobody interrupts workers but the end of the process.
            workers--;
            Thread.currentThread().interrupt();
            return false;
        } catch (Throwable e) {
            // Not again in a loop: the next call starts a worker.
            failAll(batch, e);
            workers--;
            finishClosing();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the first waiting call and all others that fit with it. */
    private boolean fill(List<BatchItem> batch) {
        long now = time.nanoTime();
        int most = maxItems;
        int rows = 0;
        int scanned = 0;
        var waiting = queue.iterator();
        while (waiting.hasNext() && rows < most && scanned++ < MAX_SCAN) {
            BatchItem item = waiting.next();
            boolean fits =
                    batch.isEmpty()
                            || (rows + item.rows() <= most && batch.getFirst().fitsWith(item));
            if (item.isExpired(now) || fits) {
                waiting.remove();
                queuedRows -= item.rows();
                if (!item.isExpired(now) && item.tryStart()) {
                    batch.add(item); // first, so that whoever takes care of failures sees it
                    rows += item.rows();
                    meters.queueTime().record(now - item.queuedAt());
                }
            }
        }
        return !batch.isEmpty();
    }

    private void execute(List<BatchItem> batch) {
        if (batch.size() > 1 && tryMerged(batch)) {
            return;
        }
        for (BatchItem item : batch) {
            try {
                item.complete(call(item.signature(), item.inputs(), item.rows()));
            } catch (MillraceException e) {
                item.fail(e);
            }
        }
    }

    /** One engine call for all; false when it failed, so that each shall be tried by itself. */
    private boolean tryMerged(List<BatchItem> batch) {
        long[] scratch = takeScratch();
        try {
            Signature signature = batch.getFirst().signature();
            int rows = 0;
            for (BatchItem item : batch) {
                rows += item.rows();
            }
            var inputs = new ArrayList<Tensor>(signature.inputs().size());
            for (int i = 0; i < signature.inputs().size(); i++) {
                var parts = new ArrayList<Tensor>(batch.size());
                for (BatchItem item : batch) {
                    parts.add(item.inputs().get(i));
                }
                // With several inputs each needs memory of its own.
                inputs.add(
                        Rows.join(
                                parts,
                                rows,
                                signature.inputs().size() == 1 ? scratch : new long[0]));
            }
            scratch = keepLarger(inputs, scratch);
            List<Tensor> outputs = call(signature, inputs, rows);
            if (!haveRows(outputs, rows)) {
                return false;
            }
            int from = 0;
            for (BatchItem item : batch) {
                item.complete(Rows.slice(outputs, from, item.rows()));
                from += item.rows();
            }
            return true;
        } catch (MillraceException e) {
            return false;
        } finally {
            giveBack(scratch);
        }
    }

    private static boolean haveRows(List<Tensor> outputs, int rows) {
        for (int i = 0; i < outputs.size(); i++) {
            if (outputs.get(i).shape().rank() == 0 || outputs.get(i).shape().extent(0) != rows) {
                return false;
            }
        }
        return true;
    }

    private List<Tensor> call(Signature signature, List<Tensor> inputs, int rows) {
        long start = time.nanoTime();
        try {
            return model.run(signature, inputs);
        } catch (MillraceException e) {
            throw e;
        } catch (Throwable e) {
            // A supervisor's catch: whatever the engine throws ends this call and no other. Errors
            // too: JavaCPP throws OutOfMemoryError when native memory is short.
            throw new MillraceException(ErrorCode.INTERNAL, "the engine failed: " + e, e);
        } finally {
            long took = time.nanoTime() - start;
            long before = typicalNanos;
            typicalNanos = before > 1L << 40 ? took : before + (took - before) / 8;
            meters.batches().increment();
            meters.items().add(rows);
            meters.engineTime().record(took);
        }
    }

    private void afterCall() {
        lock.lock();
        try {
            running--;
            if (!queue.isEmpty()) {
                wakeWorker();
            }
            finishClosing();
        } finally {
            lock.unlock();
        }
    }

    private long[] takeScratch() {
        lock.lock();
        try {
            long[] scratch = scratches.poll();
            return scratch == null ? new long[0] : scratch;
        } finally {
            lock.unlock();
        }
    }

    private static long[] keepLarger(List<Tensor> inputs, long[] scratch) {
        if (inputs.size() == 1
                && inputs.getFirst() instanceof Tensor.Numeric numeric
                && numeric.data().heapBase().orElse(null) instanceof long[] used) {
            return used;
        }
        return scratch;
    }

    private void giveBack(long[] scratch) {
        lock.lock();
        try {
            if (scratches.size() < limits.workers()) {
                scratches.push(scratch);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Changes the most rows of one engine call, from the next one on. */
    void limitBatches(int newMaxItems) {
        maxItems = newMaxItems;
    }

    /** How many calls are waiting now. */
    int queuedCalls() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    /** Runs a trial through the engine, so that the first caller meets a warm model. */
    void warmUp(Signature signature, List<Tensor> inputs) {
        call(signature, inputs, 1);
    }

    /**
     * Takes no more calls; those that came before are answered, then the model is freed. Returns at
     * once.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosing = true;
            finishClosing();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the model is freed; false when calls were still under way at the end of it. */
    boolean awaitClosed(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (!isClosed && left > 0) {
                left = closed.awaitNanos(left);
            }
            return isClosed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return isClosed;
        } finally {
            lock.unlock();
        }
    }

    private void finishClosing() {
        if (isClosing && !isClosed && running == 0 && queue.isEmpty()) {
            isClosed = true;
            work.signalAll();
            closed.signalAll();
            try {
                model.close();
            } catch (Throwable e) {
                LOG.error("a model could not be freed", e); // its last caller has its answer
            }
        }
    }
}
