package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call, or one piece of a large call, on its way through a batch.
 *
 * <pre>
 *   WAITING --tryStart--> RUNNING --complete/fail--> DONE
 *      '-----tryLeave---> LEFT
 * </pre>
 *
 * <p>The only object of its own that a call needs on its way through the queue.
 */
final class BatchItem {

    private static final int WAITING = 0;
    private static final int RUNNING = 1;
    private static final int DONE = 2;
    private static final int LEFT = 3;

    private static final VarHandle STATE = stateHandle();

    private final Signature signature;
    private final List<Tensor> inputs;
    private final int rows;
    private final boolean canMerge;
    private final long queuedAt;
    private final long deadline;
    private final Thread waiter = Thread.currentThread();

    @SuppressWarnings("unused") // by its handle: an object less for every call
    private volatile int state = WAITING;

    private @Nullable List<Tensor> outputs;
    private @Nullable MillraceException failure;

    /** Where it waits; belongs to the queue. */
    private @Nullable BatchGroup group;

    BatchItem(
            Signature signature,
            List<Tensor> inputs,
            int rows,
            boolean canMerge,
            long queuedAt,
            long deadline) {
        this.signature = signature;
        this.inputs = inputs;
        this.rows = rows;
        this.canMerge = canMerge;
        this.queuedAt = queuedAt;
        this.deadline = deadline;
    }

    private static VarHandle stateHandle() {
        try {
            return MethodHandles.lookup().findVarHandle(BatchItem.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    Signature signature() {
        return signature;
    }

    List<Tensor> inputs() {
        return inputs;
    }

    int rows() {
        return rows;
    }

    boolean canMerge() {
        return canMerge;
    }

    long queuedAt() {
        return queuedAt;
    }

    long deadline() {
        return deadline;
    }

    boolean isExpired(long now) {
        return deadline - now <= 0;
    }

    @Nullable BatchGroup group() {
        return group;
    }

    void waitIn(@Nullable BatchGroup newGroup) {
        group = newGroup;
    }

    /** Whether both may go in one engine call. */
    boolean fitsWith(BatchItem other) {
        if (!canMerge || !other.canMerge || !signature.name().equals(other.signature.name())) {
            return false;
        }
        for (int i = 0; i < inputs.size(); i++) {
            if (!Rows.isSameRow(inputs.get(i), other.inputs.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** A worker takes it; false when its caller has left. */
    boolean tryStart() {
        return STATE.compareAndSet(this, WAITING, RUNNING);
    }

    /** Its caller gives up; false when a worker has taken it. */
    boolean tryLeave() {
        return STATE.compareAndSet(this, WAITING, LEFT);
    }

    boolean isDone() {
        return state == DONE;
    }

    void complete(List<Tensor> result) {
        outputs = result;
        state = DONE;
        LockSupport.unpark(waiter);
    }

    /** Ends it without an answer, unless it has one. */
    void fail(MillraceException reason) {
        if (isDone()) {
            return;
        }
        failure = reason;
        state = DONE;
        LockSupport.unpark(waiter);
    }

    /**
     * The caller waits here, until its deadline or until its thread is interrupted.
     *
     * @return whether it is done
     */
    boolean await(TimeSource time) {
        while (!isDone()) {
            long left = deadline - time.nanoTime();
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(this, left);
        }
        return true;
    }

    /** The answer, once it is done. */
    List<Tensor> result() {
        MillraceException reason = failure;
        if (reason != null) {
            // The worker's stack says nothing to the caller; its own does.
            throw new MillraceException(reason.code(), reason.text(), reason);
        }
        List<Tensor> result = outputs;
        if (result == null) {
            throw MillraceException.internal("an item without a result was called done", null);
        }
        return result;
    }
}
