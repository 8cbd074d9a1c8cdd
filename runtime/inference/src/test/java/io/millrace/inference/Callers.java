package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.testkit.FakeModel;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Callers of a batcher over a {@link FakeModel}, each with a thread of its own. */
final class Callers implements AutoCloseable {

    /** Numbers of a row. */
    static final int WIDTH = 2;

    static final Duration LONG = Duration.ofSeconds(30);

    private static final Signature SIGNATURE = new FakeModel(WIDTH).signatures().getFirst();

    private final TimeSource time;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Callers() {
        this(TimeSource.system());
    }

    /** Callers whose deadlines follow this time. */
    Callers(TimeSource time) {
        this.time = time;
    }

    Future<float[]> call(Batcher batcher, int rows, int first) {
        return call(batcher, rows, first, LONG);
    }

    /** A call whose numbers count up from {@code first}; cancelling it interrupts its thread. */
    Future<float[]> call(Batcher batcher, int rows, int first, Duration timeout) {
        return threads.submit(() -> {
            List<Tensor> outputs = Objects.requireNonNull(submit(batcher, rows, first, timeout));
            return ((Tensor.Numeric) outputs.getFirst()).data().toArray(ValueLayout.JAVA_FLOAT);
        });
    }

    /** The same in this thread. */
    @Nullable List<Tensor> submit(Batcher batcher, int rows, int first, Duration timeout) {
        return batcher.submit(
                SIGNATURE, List.of(rows(rows, first)), time.nanoTime() + timeout.toNanos());
    }

    static Tensor rows(int rows, int first) {
        var values = new float[rows * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i;
        }
        return Tensor.ofFloats(Shape.of(rows, WIDTH), values);
    }

    static float[] doubled(int rows, int first) {
        var values = new float[rows * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2f * (first + i);
        }
        return values;
    }

    static float[] get(Future<float[]> call) throws Exception {
        return call.get(20, TimeUnit.SECONDS);
    }

    static void assertFails(Future<float[]> call, ErrorCode code, String says) {
        assertThatThrownBy(() -> get(call))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(code);
                            assertThat(e.text()).contains(says);
                        });
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
