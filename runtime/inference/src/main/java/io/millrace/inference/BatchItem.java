package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call, or one piece of a large call, on its way through a batch.
 *
 * <pre>
 *   WAITING --tryStart--> RUNNING --complete/fail--> DONE
 *      '-----tryLeave---> LEFT
 * </pre>
 */
final class BatchItem {

    private static final int WAITING = 0;
    private static final int RUNNING = 1;
    private static final int DONE = 2;
    private static final int LEFT = 3;

    private final Signature signature;
    private final List<Tensor> inputs;
    private final int rows;
    private final boolean canMerge;
    private final long queuedAt;
    private final long deadline;
    private final Thread waiter = Thread.currentThread();
    private final AtomicInteger state = new AtomicInteger(WAITING);
    private @Nullable List<Tensor> outputs;
    private @Nullable MillraceException failure;

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

    Signature signature() {
        return signature;
    }

    List<Tensor> inputs() {
        return inputs;
    }

    int rows() {
        return rows;
    }

    long queuedAt() {
        return queuedAt;
    }

    boolean isExpired(long now) {
        return deadline - now <= 0;
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
        return state.compareAndSet(WAITING, RUNNING);
    }

    /** Its caller gives up; false when a worker has taken it. */
    boolean tryLeave() {
        return state.compareAndSet(WAITING, LEFT);
    }

    void complete(List<Tensor> result) {
        outputs = result;
        state.set(DONE);
        LockSupport.unpark(waiter);
    }

    /** Ends it without an answer, unless it has one. */
    void fail(MillraceException reason) {
        if (state.get() == DONE) {
            return;
        }
        failure = reason;
        state.set(DONE);
        LockSupport.unpark(waiter);
    }

    /**
     * The caller waits here.
     *
     * @return whether it is done; false when the deadline came first
     */
    boolean await(TimeSource time) {
        while (state.get() != DONE) {
            long left = deadline - time.nanoTime();
            if (left <= 0) {
                return false;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE, "the call was interrupted while it waited");
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
