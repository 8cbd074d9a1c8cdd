package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lanes that nobody uses at the moment, the last used first. One is made when none is free, and the
 * oldest go when too many are. Hot path: one short lock to take, one to give back.
 */
final class LanePool implements AutoCloseable {

    /** Lanes for the batch sizes in use, times the threads in use. */
    private static final int MAX_IDLE = 16;

    /** Beyond this only the last one used is kept. */
    private static final long MAX_IDLE_BYTES = 16L << 20;

    private final NativeSession session;
    private final Wiring wiring;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Lane> idle = new ArrayDeque<>(MAX_IDLE + 1);
    private long idleBytes;
    private int inUse;
    private boolean isClosed;

    LanePool(NativeSession session, Wiring wiring) {
        this.session = session;
        this.wiring = wiring;
    }

    /** A lane for the caller alone, if possible one that was last called with the same shapes. */
    Lane take(List<Tensor> inputs) {
        lock.lock();
        try {
            if (isClosed) {
                throw MillraceException.internal("the model is closed; nobody may call it", null);
            }
            Lane lane = fitting(inputs);
            if (lane == null) {
                lane = isFull() ? taken(idle.removeLast()) : new Lane(session, wiring);
            }
            inUse++;
            return lane;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a lane that does not fit is better than one more. */
    private boolean isFull() {
        return idle.size() >= (wiring.hasStrings() ? 1 : MAX_IDLE)
                || idleBytes > MAX_IDLE_BYTES / 2;
    }

    private @Nullable Lane fitting(List<Tensor> inputs) {
        for (Iterator<Lane> lanes = idle.iterator(); lanes.hasNext(); ) {
            Lane lane = lanes.next();
            if (lane.hasShapes(inputs)) {
                lanes.remove();
                return taken(lane);
            }
        }
        return null;
    }

    private Lane taken(Lane lane) {
        idleBytes -= lane.capacity();
        return lane;
    }

    /** Takes a lane back, whether its call failed or not. */
    void giveBack(Lane lane) {
        lock.lock();
        try {
            inUse--;
            idle.addFirst(lane);
            idleBytes += lane.capacity();
            while (idle.size() > MAX_IDLE || (idleBytes > MAX_IDLE_BYTES && idle.size() > 1)) {
                taken(idle.removeLast()).close();
            }
            if (isClosed) {
                closeWhenUnused();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Closes session and lanes, at once or, should a call be under way after all, after it. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!isClosed) {
                isClosed = true;
                closeWhenUnused();
            }
        } finally {
            lock.unlock();
        }
    }

    private void closeWhenUnused() {
        if (inUse == 0) {
            idle.forEach(Lane::close);
            idle.clear();
            session.close();
            wiring.close();
        }
    }
}
