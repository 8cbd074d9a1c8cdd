package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.Meters;
import io.millrace.testkit.FakeModel;
import io.millrace.testkit.RecordingMeters;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {

    private static final int WIDTH = 2;
    private static final Duration LONG = Duration.ofSeconds(30);

    private final TimeSource time = TimeSource.system();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final RecordingMeters meters = new RecordingMeters();

    @AfterEach
    void stopCallers() {
        callers.shutdownNow();
    }

    @Test
    void mergesWhatWaitsIntoOneCallAndGivesEachItsOwn() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 100, 1)) {
            model.hold();
            Future<float[]> first = call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            var waiting = new ArrayList<Future<float[]>>();
            for (int i = 1; i <= 5; i++) {
                waiting.add(call(batcher, i, 100 * i));
                int queued = i;
                await().until(() -> batcher.queuedCalls() == queued);
            }
            model.release();
            assertThat(get(first)).containsExactly(doubled(1, 0));
            for (int i = 1; i <= 5; i++) {
                assertThat(get(waiting.get(i - 1))).containsExactly(doubled(i, 100 * i));
            }
            assertThat(model.batches()).containsExactly(1, 1 + 2 + 3 + 4 + 5);
            assertThat(meters.total("millrace_model_batches_total")).isEqualTo(2);
            assertThat(meters.total("millrace_model_batch_items_total")).isEqualTo(16);
        }
    }

    @Test
    void neverExceedsTheLargestBatch() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 4, 100, 1)) {
            model.hold();
            var calls = new ArrayList<Future<float[]>>();
            for (int i = 0; i < 10; i++) {
                calls.add(call(batcher, 3, i));
            }
            await().until(() -> batcher.queuedCalls() == 9);
            model.release();
            for (int i = 0; i < 10; i++) {
                assertThat(get(calls.get(i))).containsExactly(doubled(3, i));
            }
            assertThat(model.batches()).allMatch(rows -> rows <= 4);
        }
    }

    @Test
    void splitsACallThatIsLargerThanABatch() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 4, 8, 2)) {
            assertThat(get(call(batcher, 11, 7))).containsExactly(doubled(11, 7));
            assertThat(model.batches()).containsExactlyInAnyOrder(4, 4, 3);
        }
    }

    @Test
    void runsRowsOneByOneWhenTheModelCannotBatch() throws Exception {
        var model = new FakeModel(WIDTH, Float.NaN, false);
        try (Batcher batcher = batcher(model, Batching.ONE_BY_ONE, 64, 100, 2)) {
            assertThat(get(call(batcher, 3, 0))).containsExactly(doubled(3, 0));
            assertThat(model.batches()).containsExactly(1, 1, 1);
        }
    }

    @Test
    void runsCallsAsTheyCameWhenRowsDepend() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.AS_CALLED, 2, 100, 1)) {
            model.hold();
            var calls = List.of(call(batcher, 5, 0), call(batcher, 3, 1));
            await().until(() -> batcher.queuedCalls() == 1);
            model.release();
            assertThat(get(calls.get(0))).containsExactly(doubled(5, 0));
            assertThat(get(calls.get(1))).containsExactly(doubled(3, 1));
            assertThat(model.batches()).containsExactlyInAnyOrder(5, 3);
        }
    }

    @Test
    void aPoisonedCallFailsAloneInItsBatch() throws Exception {
        var model = new FakeModel(WIDTH, 200, true);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 100, 1)) {
            model.hold();
            Future<float[]> first = call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> good = call(batcher, 1, 100);
            Future<float[]> bad = call(batcher, 1, 200);
            Future<float[]> alsoGood = call(batcher, 1, 300);
            await().until(() -> batcher.queuedCalls() == 3);
            model.release();
            assertThat(get(first)).containsExactly(doubled(1, 0));
            assertThat(get(good)).containsExactly(doubled(1, 100));
            assertThat(get(alsoGood)).containsExactly(doubled(1, 300));
            assertFails(bad, ErrorCode.USER_CODE, "poisoned");
        }
    }

    @Test
    void refusesAtOnceWhenTheQueueIsFull() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 3, 1)) {
            model.hold();
            Future<float[]> first = call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> second = call(batcher, 3, 0);
            await().until(() -> batcher.queuedCalls() == 1);
            assertFails(call(batcher, 1, 0), ErrorCode.OVERLOADED, "3 items are waiting");
            model.release();
            get(first);
            get(second);
            assertThat(get(call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
    }

    @Test
    void aCallThatRunsOutOfTimeLeavesTheQueue() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 2, 1)) {
            model.hold();
            Future<float[]> first = call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            assertFails(call(batcher, 2, 0, Duration.ofMillis(50)), ErrorCode.TIMEOUT, "deadline");
            // Its place is free again.
            Future<float[]> next = call(batcher, 2, 9);
            await().until(() -> batcher.queuedCalls() == 1);
            model.release();
            get(first);
            assertThat(get(next)).containsExactly(doubled(2, 9));
            assertThat(model.batches()).containsExactly(1, 2);
        }
    }

    @Test
    void aCallInTheEngineTimesOutWithoutFreeingTheModel() throws Exception {
        var model = new FakeModel(WIDTH);
        Batcher batcher = batcher(model, Batching.MERGED, 64, 100, 1);
        model.hold();
        assertFails(call(batcher, 1, 0, Duration.ofMillis(50)), ErrorCode.TIMEOUT, "deadline");
        batcher.close();
        assertThat(batcher.awaitClosed(1)).isFalse();
        assertThat(model.isClosed()).isFalse();
        model.release();
        assertThat(batcher.awaitClosed(TimeUnit.SECONDS.toNanos(20))).isTrue();
        assertThat(model.isClosed()).isTrue();
        assertThat(model.batches()).containsExactly(1);
    }

    @Test
    void answersWhatCameBeforeItWasClosed() throws Exception {
        var model = new FakeModel(WIDTH);
        Batcher batcher = batcher(model, Batching.MERGED, 64, 100, 1);
        model.hold();
        var calls = new ArrayList<Future<float[]>>();
        calls.add(call(batcher, 1, 0));
        await().until(() -> model.running() == 1);
        calls.add(call(batcher, 1, 1));
        calls.add(call(batcher, 1, 2));
        await().until(() -> batcher.queuedCalls() == 2);
        batcher.close();
        assertThat(submit(batcher, 1, 3, LONG)).isNull();
        model.release();
        for (int i = 0; i < 3; i++) {
            assertThat(get(calls.get(i))).containsExactly(doubled(1, i));
        }
        assertThat(batcher.awaitClosed(TimeUnit.SECONDS.toNanos(20))).isTrue();
        assertThat(model.batches()).doesNotContain(-1);
    }

    @Test
    void keepsToItsLimitOfCallsAtOnceUnderLoad() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 8, 10_000, 2)) {
            batcher.warmUp(model.signatures().getFirst(), List.of(rows(1, 0)));
            var calls = new ArrayList<Future<float[]>>();
            for (int i = 0; i < 2_000; i++) {
                calls.add(call(batcher, 1 + i % 5, i));
            }
            for (int i = 0; i < 2_000; i++) {
                assertThat(get(calls.get(i))).containsExactly(doubled(1 + i % 5, i));
            }
            assertThat(model.mostRunning()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void anErrorOfTheEngineEndsItsCallsAndNoWorker() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 100, 1)) {
            model.hold();
            Future<float[]> first = call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            var waiting = List.of(call(batcher, 1, 1), call(batcher, 1, 2));
            await().until(() -> batcher.queuedCalls() == 2);
            model.failWith(new OutOfMemoryError("made by a test: no native memory"));
            model.release();
            for (Future<float[]> call : waiting) {
                assertFails(call, ErrorCode.INTERNAL, "no native memory");
            }
            assertFails(first, ErrorCode.INTERNAL, "no native memory");
            model.failWith(null);
            assertThat(get(call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
        await().until(model::isClosed);
    }

    @Test
    void anErrorBesidesTheEngineEndsItsCallsAndNoWorker() throws Exception {
        var model = new FakeModel(WIDTH);
        var brokenMeter = new BrokenMeter();
        try (Batcher batcher =
                batcher(
                        model,
                        new BatchMeters(
                                meters.count("batches", ""),
                                meters.count("items", ""),
                                meters.timing("engine", ""),
                                brokenMeter),
                        Thread.ofPlatform().daemon().factory())) {
            brokenMeter.isBroken = true;
            assertFails(call(batcher, 1, 0), ErrorCode.INTERNAL, "made by a test");
            brokenMeter.isBroken = false;
            assertThat(get(call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
        await().until(model::isClosed);
    }

    @Test
    void withoutAThreadCallsFailAtOnceAndLaterOnesRun() throws Exception {
        var model = new FakeModel(WIDTH);
        var threads = new ScarceThreads();
        try (Batcher batcher = batcher(model, BatchMeters.of(meters), threads)) {
            threads.isOut = true;
            assertFails(call(batcher, 1, 0), ErrorCode.OVERLOADED, "no thread");
            assertThat(batcher.queuedCalls()).isZero();
            threads.isOut = false;
            assertThat(get(call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
        await().until(model::isClosed);
    }

    @Test
    void theLargestBatchMayChange() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 4, 100, 1)) {
            assertThat(get(call(batcher, 4, 0))).containsExactly(doubled(4, 0));
            batcher.limitBatches(2);
            assertThat(get(call(batcher, 4, 0))).containsExactly(doubled(4, 0));
            assertThat(model.batches()).containsExactly(4, 2, 2);
        }
    }

    private static final class BrokenMeter implements Meters.Timing {
        private volatile boolean isBroken;

        @Override
        public void record(long nanos) {
            if (isBroken) {
                throw new OutOfMemoryError("made by a test");
            }
        }
    }

    private static final class ScarceThreads implements ThreadFactory {
        private final ThreadFactory factory = Thread.ofPlatform().daemon().factory();
        private volatile boolean isOut;

        @Override
        public Thread newThread(Runnable work) {
            if (isOut) {
                throw new OutOfMemoryError("made by a test: unable to create native thread");
            }
            return factory.newThread(work);
        }
    }

    private Batcher batcher(FakeModel model, BatchMeters batchMeters, ThreadFactory threads) {
        return new Batcher(
                model,
                Map.of(Signature.DEFAULT, Batching.MERGED),
                new BatchLimits(64, 100, 1),
                threads,
                time,
                batchMeters);
    }

    private Batcher batcher(
            FakeModel model, Batching batching, int maxItems, int maxQueued, int workers) {
        return new Batcher(
                model,
                Map.of(Signature.DEFAULT, batching),
                new BatchLimits(maxItems, maxQueued, workers),
                Thread.ofPlatform().daemon().factory(),
                time,
                BatchMeters.of(meters));
    }

    private Future<float[]> call(Batcher batcher, int rows, int first) {
        return call(batcher, rows, first, LONG);
    }

    private Future<float[]> call(Batcher batcher, int rows, int first, Duration timeout) {
        return callers.submit(() -> {
            List<Tensor> outputs = Objects.requireNonNull(submit(batcher, rows, first, timeout));
            return ((Tensor.Numeric) outputs.getFirst()).data().toArray(ValueLayout.JAVA_FLOAT);
        });
    }

    private @Nullable List<Tensor> submit(Batcher batcher, int rows, int first, Duration timeout) {
        Signature signature = new FakeModel(WIDTH).signatures().getFirst();
        return batcher.submit(
                signature, List.of(rows(rows, first)), time.nanoTime() + timeout.toNanos());
    }

    private static Tensor rows(int rows, int first) {
        var values = new float[rows * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = first + i;
        }
        return Tensor.ofFloats(Shape.of(rows, WIDTH), values);
    }

    private static float[] doubled(int rows, int first) {
        var values = new float[rows * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2f * (first + i);
        }
        return values;
    }

    private static float[] get(Future<float[]> call) throws Exception {
        return call.get(20, TimeUnit.SECONDS);
    }

    private static void assertFails(Future<float[]> call, ErrorCode code, String says) {
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
}
