package io.millrace.model.tflite;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The interpreters of one model. There are as many in use as there are calls under way, and idle
 * ones are kept for the shapes that were called last, so that a call seldom has to shape one anew.
 */
final class LanePool implements AutoCloseable {

    private final NativeModel model;
    private final int maxIdle;

    /** Guarded by this; the one used last is at the end. */
    private final List<Lane> idle = new ArrayList<>();

    private int inUse;
    private boolean isClosed;
    private boolean isFreed;

    /**
     * A pool that owns the model.
     *
     * @param maxIdle how many interpreters are kept between calls
     */
    LanePool(NativeModel model, int maxIdle) {
        this.model = model;
        this.maxIdle = maxIdle;
    }

    /** An interpreter for these inputs, to be given back whatever happens. */
    Lane take(Binding binding, List<Tensor> inputs) {
        Lane found = takeIdle(binding, inputs);
        if (found != null) {
            return found;
        }
        try {
            return model.createLane(binding);
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    /**
     * Ends the use of an interpreter.
     *
     * @param mayBeUsedAgain false when its call failed
     */
    void giveBack(Lane lane, boolean mayBeUsedAgain) {
        Lane surplus = mayBeUsedAgain ? keep(lane) : lane;
        if (surplus != null) {
            surplus.close();
        }
        release();
    }

    /** Frees what is idle now, and the rest with the last call under way. */
    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            idle.forEach(Lane::close);
            idle.clear();
            freeIfUnused();
        }
    }

    private synchronized @Nullable Lane takeIdle(Binding binding, List<Tensor> inputs) {
        if (isClosed) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the model has been closed; call its present version");
        }
        inUse++;
        int oldest = -1;
        for (int i = idle.size() - 1; i >= 0; i--) {
            Lane lane = idle.get(i);
            if (lane.serves(binding)) {
                if (lane.fits(inputs)) {
                    return idle.remove(i);
                }
                oldest = i;
            }
        }
        boolean isRoomForAnother = idle.size() + inUse <= maxIdle;
        return oldest < 0 || isRoomForAnother ? null : idle.remove(oldest);
    }

    /** What has to go instead. */
    private synchronized @Nullable Lane keep(Lane lane) {
        if (isClosed) {
            return lane;
        }
        idle.add(lane);
        return idle.size() > maxIdle ? idle.removeFirst() : null;
    }

    private synchronized void release() {
        inUse--;
        freeIfUnused();
    }

    /** No interpreter may outlive the model. */
    private void freeIfUnused() {
        if (isClosed && inUse == 0 && !isFreed) {
            isFreed = true;
            model.close();
        }
    }
}
