package io.millrace.inference;

import io.millrace.api.BatchingSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue of one version, and the threads that empty it: made when they are needed and gone when
 * idle. A slow model can fill its own queue and nothing else, and the system shares the cores
 * between models.
 *
 * <p>Of the idle workers one at most keeps the time until the next batch shall leave; the others
 * sleep until they are called. Whenever a batch may leave and the engine has room, a worker is
 * awake or has been called ({@link #callWorker}): that is looked at after each change to the queue
 * and after each engine call.
 */
final class BatchWorkers implements AutoCloseable {

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** What waking up may take on a busy machine, on top of the engine's own time. */
    private static final long RESERVE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final Logger LOG = LoggerFactory.getLogger(BatchWorkers.class);

    private final MeasuredModel model;
    private final ThreadFactory threads;
    private final TimeSource time;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition closed = lock.newCondition();
    private final BatchQueue queue = new BatchQueue();
    private volatile BatchLimits limits;
    private int running;
    private int workers;
    private int idleWorkers;
    private boolean isTimeKept;
    private long keptUntil;
    private boolean isClosing;
    private boolean isClosed;

    BatchWorkers(MeasuredModel model, BatchLimits limits, ThreadFactory threads, TimeSource time) {
        this.model = model;
        this.limits = limits;
        this.threads = threads;
        this.time = time;
    }

    BatchLimits limits() {
        return limits;
    }

    /** What becomes of a call. */
    enum Admission {
        /** Its caller computes it, then calls {@link #leave}. */
        HERE,
        /** It waits for a worker. */
        QUEUED,
        /** Calls are not taken any more. */
        CLOSED
    }

    /**
     * Takes a call. One larger than the whole queue may come when nobody waits.
     *
     * @throws MillraceException {@code OVERLOADED} when there is no room
     */
    Admission admit(BatchItem item) {
        lock.lock();
        try {
            if (isClosing) {
                return Admission.CLOSED;
            }
            if (mayRunHere(item)) {
                running++;
                return Admission.HERE;
            }
            if (!queue.isEmpty()) {
                queue.checkRoom(item.rows(), limits.maxQueuedItems());
            }
            queue.add(item);
            callWorker();
            return Admission.QUEUED;
        } finally {
            lock.unlock();
        }
    }

    private boolean mayRunHere(BatchItem item) {
        BatchLimits now = limits;
        boolean waitsForNobody =
                now.maxDelayNanos() == 0 || !item.canMerge() || item.rows() >= now.maxItems();
        return waitsForNobody && queue.isEmpty() && running < now.workers() && model.isQuick();
    }

    /** The end of a call in the caller's own thread. */
    void leave() {
        lock.lock();
        try {
            running--;
            callWorker();
            finishClosing();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Queues the pieces of one call. One larger than the whole queue may come when nobody waits.
     *
     * @return false when calls are not taken any more
     * @throws MillraceException {@code OVERLOADED} when there is no room for all of them
     */
    boolean admit(List<BatchItem> pieces, int rows) {
        lock.lock();
        try {
            if (isClosing) {
                return false;
            }
            if (!queue.isEmpty()) {
                queue.checkRoom(rows, limits.maxQueuedItems());
            }
            for (BatchItem piece : pieces) {
                queue.add(piece);
                callWorker();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a call back; false when a worker has started it. */
    boolean withdraw(BatchItem item) {
        if (!item.tryLeave()) {
            return false;
        }
        lock.lock();
        try {
            queue.remove(item);
            finishClosing();
        } finally {
            lock.unlock();
        }
        return true;
    }

    /** Sees to it that a worker comes in time for the next batch, when the engine has room. */
    private void callWorker() {
        if (queue.isEmpty() || running >= limits.workers()) {
            return;
        }
        long now = time.nanoTime();
        long patience = queue.patience(now, limits, reserve());
        if (patience > 0 && isTimeKept && keptUntil - now <= patience) {
            return;
        }
        if (idleWorkers > 0) {
            work.signal();
        } else if (workers < limits.workers()) {
            startWorker();
        }
    }

    /** How long before its deadline a call must leave to be answered in time. */
    private long reserve() {
        return model.expectedNanos() + RESERVE_NANOS;
    }

    private void startWorker() {
        try {
            threads.newThread(this::workUntilIdle).start();
            workers++; // it cannot look before this thread gives the lock back
        } catch (Throwable e) {
            // The system may be out of threads, which is an Error. A worker that is there will do.
            LOG.error("cannot start a thread for a model", e);
            if (workers == 0) {
                queue.failAll(
                        new MillraceException(
                                ErrorCode.OVERLOADED, "no thread is free for the model", e));
            }
        }
    }

    private void workUntilIdle() {
        var execution = new BatchExecution(model, time);
        boolean isBack = false;
        while (takeBatch(execution, isBack)) {
            execution.execute();
            isBack = true;
        }
    }

    /**
     * Waits for something to do.
     *
     * @param isBack whether this worker comes from an engine call
     * @return false when it shall end
     */
    private boolean takeBatch(BatchExecution execution, boolean isBack) {
        lock.lock();
        try {
            if (isBack) {
                running--;
            }
            if (awaitBatch(execution.batch())) {
                running++;
                callWorker();
                return true;
            }
            workers--;
        } catch (InterruptedException e) {
            // Nobody interrupts workers but the end of the process.
            workers--;
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            // Not again in a loop: the next call starts a worker.
            workers--;
            execution.failAll(e);
            finishClosing();
        } finally {
            lock.unlock();
        }
        return false;
    }

    /** False when nothing came for a while, or nothing will any more. */
    private boolean awaitBatch(List<BatchItem> batch) throws InterruptedException {
        long now = time.nanoTime();
        long idleUntil = now + IDLE_NANOS;
        while (true) {
            if (running < limits.workers() && queue.take(batch, now, limits, reserve())) {
                return true;
            }
            finishClosing();
            if (isClosed || !awaitWork(now, idleUntil - now)) {
                return false;
            }
            now = time.nanoTime();
        }
    }

    /**
     * Sleeps until called, or until the next batch shall leave if nobody else keeps the time.
     *
     * @return false when there is nothing to wait for any more
     */
    @SuppressWarnings("WaitNotInLoop") // the caller looks again after each return
    private boolean awaitWork(long now, long idleNanos) throws InterruptedException {
        long nanos = idleNanos;
        boolean keepsTime = false;
        if (!queue.isEmpty() && running < limits.workers()) {
            long patience = queue.patience(now, limits, reserve());
            if (!isTimeKept || patience < keptUntil - now) {
                keepsTime = true;
                nanos = patience;
            }
        }
        if (nanos <= 0 && !keepsTime) {
            return false;
        }
        long until = now + nanos;
        if (keepsTime) {
            isTimeKept = true;
            keptUntil = until;
        }
        idleWorkers++;
        try {
            work.awaitNanos(nanos);
        } finally {
            idleWorkers--;
            if (keepsTime && keptUntil == until) {
                isTimeKept = false;
            }
        }
        return true;
    }

    /** Changes the limits. */
    void limit(BatchingSpec spec) {
        lock.lock();
        try {
            BatchLimits wanted = limits.with(spec);
            limits = isClosing ? wanted.withoutDelay() : wanted;
            work.signalAll(); // what they wait for may have changed
            callWorker();
        } finally {
            lock.unlock();
        }
    }

    boolean isIdle() {
        lock.lock();
        try {
            return running == 0 && queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    int queuedCalls() {
        lock.lock();
        try {
            return queue.calls();
        } finally {
            lock.unlock();
        }
    }

    long queuedRows() {
        lock.lock();
        try {
            return queue.rows();
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more calls; once those that wait are answered, the model is freed. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosing = true;
            limits = limits.withoutDelay();
            work.signalAll();
            callWorker();
            finishClosing();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the model is freed; false when calls were still under way at the end of it. */
    boolean awaitClosed(long timeout, TimeUnit unit) {
        lock.lock();
        try {
            long left = unit.toNanos(timeout);
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
            model.close();
        }
    }
}
