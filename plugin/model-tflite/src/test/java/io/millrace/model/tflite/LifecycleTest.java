package io.millrace.model.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models come and go while others answer; nothing may be left behind. */
@Timeout(180)
class LifecycleTest {

    private static final int THREADS = 6;
    private static final int CYCLES_PER_THREAD = 100;

    private final TfliteEngine engine = new TfliteEngine();

    @TempDir Path folder;

    @Test
    void sixThreadsLoadCallAndCloseAndMemoryComesBack() throws Exception {
        Path dense = Models.write(folder, "dense");
        Path lstm = Models.write(folder, "lstm");
        Callable<Boolean> cycles =
                () -> {
                    for (int i = 0; i < CYCLES_PER_THREAD; i++) {
                        loadAndCall(i % 2 == 0 ? dense : lstm, i);
                    }
                    return true;
                };
        onSixThreads(cycles);
        long before = residentKibibytes();
        onSixThreads(cycles);
        assertThat(residentKibibytes())
                .as("kibibytes after %d more loads", THREADS * CYCLES_PER_THREAD)
                .isLessThan(before + before / 20);
    }

    private void loadAndCall(Path file, int seed) {
        boolean isDense = file.endsWith("dense.tflite");
        String name = isDense ? "dense" : "lstm";
        float[] input = Models.numbers(name + ".input");
        Shape shape = isDense ? Shape.of(3, 16) : Shape.of(1, 6, 1);
        try (LoadedModel model = engine.load(file)) {
            Signature signature = model.signatures().getFirst();
            for (int call = 0; call < 5; call++) {
                Tensor output =
                        model.run(signature, List.of(Tensor.ofFloats(shape, input))).getFirst();
                float[] found = ((Tensor.Numeric) output).data().toArray(ValueLayout.JAVA_FLOAT);
                float expected = Models.numbers(name + ".output")[0];
                assertThat(found[0]).as("seed %d", seed).isCloseTo(expected, within());
            }
        }
    }

    private static org.assertj.core.data.Offset<Float> within() {
        return org.assertj.core.api.Assertions.within(1e-3f);
    }

    @Test
    void memoryStaysFlatOverManyResizes() throws IOException {
        try (LoadedModel model = engine.load(Models.write(folder, "dense"))) {
            resize(model, 2_000);
            long before = residentKibibytes();
            resize(model, 20_000);
            assertThat(residentKibibytes())
                    .as("kibibytes after 20,000 resizes")
                    .isLessThan(before + before / 20);
        }
    }

    /** More batch sizes in turn than interpreters are kept. */
    private static void resize(LoadedModel model, int times) {
        Signature signature = model.signatures().getFirst();
        for (int i = 0; i < times; i++) {
            int rows = 1 + i % 97;
            Tensor input = Tensor.ofFloats(Shape.of(rows, 16), new float[rows * 16]);
            assertThat(model.run(signature, List.of(input)).getFirst().shape())
                    .isEqualTo(Shape.of(rows, 10));
        }
    }

    @Test
    void failedCallsLeaveNothingBehind() throws IOException {
        try (LoadedModel model = engine.load(Models.write(folder, "lstm"))) {
            fail(model, 300);
            long before = residentKibibytes();
            fail(model, 3_000);
            assertThat(residentKibibytes())
                    .as("kibibytes after 3,000 failed calls")
                    .isLessThan(before + before / 20);
        }
    }

    private static void fail(LoadedModel model, int times) {
        Signature signature = model.signatures().getFirst();
        Tensor two = Tensor.ofFloats(Shape.of(2, 6, 1), new float[12]);
        int failed = 0;
        for (int i = 0; i < times; i++) {
            try {
                model.run(signature, List.of(two));
            } catch (MillraceException e) {
                failed++;
            }
        }
        assertThat(failed).isEqualTo(times);
    }

    @Test
    void aCloseWhileCallsAreUnderWayLetsThemEnd() throws Exception {
        Path file = Models.write(folder, "dense");
        for (int round = 0; round < 50; round++) {
            LoadedModel model = engine.load(file);
            var answered = new AtomicInteger();
            Callable<Boolean> untilClosed =
                    () -> {
                        Signature signature = model.signatures().getFirst();
                        Tensor input = Tensor.ofFloats(Shape.of(3, 16), new float[48]);
                        while (true) {
                            try {
                                model.run(signature, List.of(input));
                                answered.incrementAndGet();
                            } catch (MillraceException e) {
                                return e.code() == ErrorCode.UNAVAILABLE;
                            }
                        }
                    };
            try (var threads = Executors.newFixedThreadPool(3)) {
                var running = new ArrayList<Future<Boolean>>();
                for (int i = 0; i < 3; i++) {
                    running.add(threads.submit(untilClosed));
                }
                while (answered.get() < 20) {
                    Thread.onSpinWait();
                }
                model.close();
                for (Future<Boolean> thread : running) {
                    assertThat(thread.get(30, TimeUnit.SECONDS)).isTrue();
                }
            }
        }
    }

    private static void onSixThreads(Callable<Boolean> task) throws Exception {
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            for (var result : threads.invokeAll(java.util.Collections.nCopies(THREADS, task))) {
                assertThat(result.get(120, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    private static long residentKibibytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
