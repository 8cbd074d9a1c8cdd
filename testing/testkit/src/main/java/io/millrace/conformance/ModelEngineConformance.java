package io.millrace.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import io.millrace.spi.ModelEngine;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every engine must do. The model under test doubles: {@code float32[-1,width] ->
 * float32[-1,width]}.
 */
@Timeout(120)
public abstract class ModelEngineConformance {

    private static final int THREADS = 6;
    private static final int CALLS_PER_THREAD = 300;

    @TempDir Path folder;

    /** The engine under test. */
    protected abstract ModelEngine engine();

    /** Writes an unpacked model that doubles rows of {@link #width} floats. */
    protected abstract void writeDoublingModel(Path unpacked);

    /** Numbers of a row. */
    protected abstract int width();

    @Test
    void namesItsFrameworkAndVersion() {
        assertThat(engine().framework()).matches("[a-z][a-z0-9]*");
        assertThat(engine().version()).matches("[a-zA-Z0-9._-]+");
    }

    @Test
    void refusesAFolderWithoutAModel() {
        assertInvalid(() -> engine().locate(folder));
    }

    @Test
    void computesOneRowAndMany() {
        try (LoadedModel model = load()) {
            Signature signature = model.signatures().getFirst();
            for (int rows : new int[] {1, 2, 7, 64}) {
                Tensor.Numeric output =
                        (Tensor.Numeric) model.run(signature, List.of(rows(rows, 1))).getFirst();
                assertThat(output.shape()).isEqualTo(Shape.of(rows, width()));
                assertDoubled(output, 1);
            }
        }
    }

    @Test
    void describesItsSignature() {
        try (LoadedModel model = load()) {
            Signature signature = model.signatures().getFirst();
            assertThat(signature.inputs()).hasSize(1);
            assertThat(signature.inputs().getFirst().type()).isEqualTo(DataType.FP32);
            assertThat(signature.inputs().getFirst().shape())
                    .isEqualTo(Shape.of(Shape.ANY, width()));
            assertThat(signature.outputs()).hasSize(1);
        }
    }

    @Test
    void givesOutputsInMemoryOfTheirOwn() {
        try (LoadedModel model = load()) {
            Signature signature = model.signatures().getFirst();
            var first = (Tensor.Numeric) model.run(signature, List.of(rows(4, 1))).getFirst();
            for (int i = 0; i < 50; i++) {
                model.run(signature, List.of(rows(4, 100 + i)));
            }
            assertDoubled(first, 1);
        }
    }

    @Test
    void takesInputsFromOffTheHeap() {
        try (LoadedModel model = load();
                var arena = java.lang.foreign.Arena.ofConfined()) {
            var data = arena.allocate(4L * width(), 8);
            for (int i = 0; i < width(); i++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1 + i);
            }
            var input = new Tensor.Numeric(DataType.FP32, Shape.of(1, width()), data);
            Signature signature = model.signatures().getFirst();
            assertDoubled((Tensor.Numeric) model.run(signature, List.of(input)).getFirst(), 1);
        }
    }

    @Test
    void answersSeveralThreadsAtOnce() throws Exception {
        try (LoadedModel model = load();
                var threads = Executors.newFixedThreadPool(THREADS)) {
            Signature signature = model.signatures().getFirst();
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int thread = 0; thread < THREADS; thread++) {
                int seed = thread * 1000;
                tasks.add(() -> {
                    for (int i = 0; i < CALLS_PER_THREAD; i++) {
                        Tensor input = rows(1 + i % 5, seed + i);
                        assertDoubled(
                                (Tensor.Numeric) model.run(signature, List.of(input)).getFirst(),
                                seed + i);
                    }
                    return true;
                });
            }
            for (var result : threads.invokeAll(tasks)) {
                assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void mayBeLoadedSeveralTimesAndClosedTwice() {
        LoadedModel first = load();
        try (LoadedModel second = engine().load(engine().locate(folder))) {
            first.close();
            first.close();
            Signature signature = second.signatures().getFirst();
            assertDoubled(
                    (Tensor.Numeric) second.run(signature, List.of(rows(2, 5))).getFirst(), 5);
        }
    }

    private LoadedModel load() {
        writeDoublingModel(folder);
        return engine().load(engine().locate(folder));
    }

    /** Rows whose numbers count up from {@code first}. */
    protected final Tensor rows(int rows, int first) {
        var values = new float[rows * width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i;
        }
        return Tensor.ofFloats(Shape.of(rows, width()), values);
    }

    private static void assertDoubled(Tensor.Numeric output, int first) {
        long count = output.shape().elements();
        for (long i = 0; i < count; i++) {
            assertThat(output.data().getAtIndex(ValueLayout.JAVA_FLOAT, i))
                    .isEqualTo(2f * (first + i));
        }
    }

    /** The call must be refused as the caller's mistake. */
    protected static void assertInvalid(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID));
    }
}
