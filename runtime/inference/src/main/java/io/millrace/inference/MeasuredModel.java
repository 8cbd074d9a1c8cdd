package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model whose calls are counted and timed, and fail in one way only. */
final class MeasuredModel {

    /**
     * Calls quicker than this may run in the caller's thread: handing over would cost as much, and
     * a deadline cannot be missed by much.
     */
    private static final long QUICK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long UNKNOWN = Long.MAX_VALUE / 16;

    private static final Logger LOG = LoggerFactory.getLogger(MeasuredModel.class);

    private final LoadedModel model;
    private final TimeSource time;
    private final BatchMeters meters;

    /** Roughly how long an engine call takes; racy on purpose, a hint. */
    private volatile long typicalNanos = UNKNOWN;

    MeasuredModel(LoadedModel model, TimeSource time, BatchMeters meters) {
        this.model = model;
        this.time = time;
        this.meters = meters;
    }

    BatchMeters meters() {
        return meters;
    }

    /** Roughly how long a call takes; 0 while nobody knows. */
    long expectedNanos() {
        long typical = typicalNanos;
        return typical == UNKNOWN ? 0 : typical;
    }

    /** Whether calls are known to be quick. */
    boolean isQuick() {
        return typicalNanos < QUICK_NANOS;
    }

    /**
     * One engine call, in this thread.
     *
     * @throws MillraceException whatever the engine throws
     */
    List<Tensor> call(Signature signature, List<Tensor> inputs, int rows) {
        return call(signature, inputs, rows, time.nanoTime());
    }

    /** The same for a caller who has just looked at the clock, which costs as much as the rest. */
    List<Tensor> call(Signature signature, List<Tensor> inputs, int rows, long start) {
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
            typicalNanos = before == UNKNOWN ? took : before + (took - before) / 8;
            meters.called(rows, took);
        }
    }

    /** Frees it; a failure is for the operator only, since the last caller has its answer. */
    void close() {
        try {
            model.close();
        } catch (Throwable e) {
            LOG.error("a model could not be freed", e);
        }
    }
}
