package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A model that doubles floats: {@code x: float32[-1,n] -> y: float32[-1,n]}. It keeps the size of
 * each call, can be held in the middle of one, and fails on a value one chooses.
 */
public final class FakeModel implements LoadedModel {

    private final Signature signature;
    private final float poison;
    private final boolean canBatch;
    private final float factor;
    private final List<Integer> batches = new CopyOnWriteArrayList<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostRunning = new AtomicInteger();
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private volatile @Nullable Error failure;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    public FakeModel(int width) {
        this(width, Float.NaN, true);
    }

    /**
     * A model of one signature.
     *
     * @param width numbers of a row
     * @param poison calls with this value fail
     * @param canBatch whether calls of more than one row succeed
     */
    public FakeModel(int width, float poison, boolean canBatch) {
        this(width, poison, canBatch, 2);
    }

    /**
     * A model that multiplies by another number than two.
     *
     * @param factor by what it multiplies
     */
    public FakeModel(int width, float poison, boolean canBatch, float factor) {
        this.signature =
                new Signature(
                        Signature.DEFAULT,
                        List.of(new TensorSpec("x", DataType.FP32, Shape.of(Shape.ANY, width))),
                        List.of(new TensorSpec("y", DataType.FP32, Shape.of(Shape.ANY, width))));
        this.poison = poison;
        this.canBatch = canBatch;
        this.factor = factor;
    }

    /** Calls that come now wait in the model until {@link #release}. */
    public void hold() {
        gate = new CountDownLatch(1);
    }

    /** Lets held calls go on. */
    public void release() {
        gate.countDown();
    }

    /** Calls throw this from now on; null ends it. */
    public void failWith(@Nullable Error error) {
        failure = error;
    }

    /** Rows of each call, in the order in which the calls began. */
    public List<Integer> batches() {
        return List.copyOf(batches);
    }

    /** How many calls are in the model now. */
    public int running() {
        return running.get();
    }

    /** The most calls that were in the model at once. */
    public int mostRunning() {
        return mostRunning.get();
    }

    public boolean isClosed() {
        return isClosed.get();
    }

    @Override
    public List<Signature> signatures() {
        return List.of(signature);
    }

    @Override
    public List<Tensor> run(Signature called, List<Tensor> inputs) {
        if (isClosed.get()) {
            throw MillraceException.internal("called after it was closed", null);
        }
        var input = (Tensor.Numeric) inputs.getFirst();
        batches.add((int) input.shape().extent(0));
        mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
            gate.await();
            Error error = failure;
            if (error != null) {
                throw error;
            }
            return List.of(compute(input));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted", e);
        } finally {
            running.decrementAndGet();
            if (isClosed.get()) {
                batches.add(-1); // closed during a call: every test that looks will fail
            }
        }
    }

    private Tensor compute(Tensor.Numeric input) {
        if (!canBatch && input.shape().extent(0) > 1) {
            throw new MillraceException(ErrorCode.USER_CODE, "cannot take two rows");
        }
        var values = new float[(int) input.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            float value = input.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            if (value == poison) {
                throw new MillraceException(ErrorCode.USER_CODE, "poisoned by " + poison);
            }
            values[i] = factor * value;
        }
        return Tensor.ofFloats(input.shape(), values);
    }

    @Override
    public void close() {
        isClosed.set(true);
    }
}
