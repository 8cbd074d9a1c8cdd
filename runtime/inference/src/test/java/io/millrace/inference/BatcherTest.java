package io.millrace.inference;

import static io.millrace.inference.Callers.LONG;
import static io.millrace.inference.Callers.WIDTH;
import static io.millrace.inference.Callers.assertFails;
import static io.millrace.inference.Callers.doubled;
import static io.millrace.inference.Callers.get;
import static io.millrace.inference.Callers.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.BatchingSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.spi.Meters;
import io.millrace.testkit.FakeModel;
import io.millrace.testkit.RecordingMeters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {

    private final TimeSource time = TimeSource.system();
    private final Callers callers = new Callers();
    private final RecordingMeters meters = new RecordingMeters();

    @AfterEach
    void stopCallers() {
        callers.close();
    }

    @Test
    void mergesWhatWaitsIntoOneCallAndGivesEachItsOwn() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 100, 1)) {
            model.hold();
            Future<float[]> first = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            var waiting = new ArrayList<Future<float[]>>();
            for (int i = 1; i <= 5; i++) {
                waiting.add(callers.call(batcher, i, 100 * i));
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
            assertThat(meters.total("millrace_model_batch_size")).isEqualTo(16);
        }
    }

    @Test
    void neverExceedsTheLargestBatch() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 4, 100, 1)) {
            model.hold();
            var calls = new ArrayList<Future<float[]>>();
            for (int i = 0; i < 10; i++) {
                calls.add(callers.call(batcher, 3, i));
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
            assertThat(get(callers.call(batcher, 11, 7))).containsExactly(doubled(11, 7));
            assertThat(model.batches()).containsExactlyInAnyOrder(4, 4, 3);
        }
    }

    @Test
    void runsRowsOneByOneWhenTheModelCannotBatch() throws Exception {
        var model = new FakeModel(WIDTH, Float.NaN, false);
        try (Batcher batcher = batcher(model, Batching.ONE_BY_ONE, 64, 100, 2)) {
            assertThat(get(callers.call(batcher, 3, 0))).containsExactly(doubled(3, 0));
            assertThat(model.batches()).containsExactly(1, 1, 1);
        }
    }

    @Test
    void runsCallsAsTheyCameWhenRowsDepend() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.AS_CALLED, 2, 100, 1)) {
            model.hold();
            var calls = List.of(callers.call(batcher, 5, 0), callers.call(batcher, 3, 1));
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
            Future<float[]> first = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> good = callers.call(batcher, 1, 100);
            Future<float[]> bad = callers.call(batcher, 1, 200);
            Future<float[]> alsoGood = callers.call(batcher, 1, 300);
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
            Future<float[]> first = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> second = callers.call(batcher, 3, 0);
            await().until(() -> batcher.queuedCalls() == 1);
            assertFails(callers.call(batcher, 1, 0), ErrorCode.OVERLOADED, "3 items are waiting");
            model.release();
            get(first);
            get(second);
            assertThat(get(callers.call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
    }

    @Test
    void aCallThatRunsOutOfTimeLeavesTheQueue() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 64, 2, 1)) {
            model.hold();
            Future<float[]> first = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            assertFails(
                    callers.call(batcher, 2, 0, Duration.ofMillis(50)),
                    ErrorCode.TIMEOUT,
                    "deadline");
            // Its place is free again.
            Future<float[]> next = callers.call(batcher, 2, 9);
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
        assertFails(
                callers.call(batcher, 1, 0, Duration.ofMillis(50)), ErrorCode.TIMEOUT, "deadline");
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
        calls.add(callers.call(batcher, 1, 0));
        await().until(() -> model.running() == 1);
        calls.add(callers.call(batcher, 1, 1));
        calls.add(callers.call(batcher, 1, 2));
        await().until(() -> batcher.queuedCalls() == 2);
        batcher.close();
        assertThat(callers.submit(batcher, 1, 3, LONG)).isNull();
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
                calls.add(callers.call(batcher, 1 + i % 5, i));
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
            Future<float[]> first = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            var waiting = List.of(callers.call(batcher, 1, 1), callers.call(batcher, 1, 2));
            await().until(() -> batcher.queuedCalls() == 2);
            model.failWith(new OutOfMemoryError("made by a test: no native memory"));
            model.release();
            for (Future<float[]> call : waiting) {
                assertFails(call, ErrorCode.INTERNAL, "no native memory");
            }
            assertFails(first, ErrorCode.INTERNAL, "no native memory");
            model.failWith(null);
            assertThat(get(callers.call(batcher, 1, 5))).containsExactly(doubled(1, 5));
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
                                meters.sizes("sizes", ""),
                                meters.timing("engine", ""),
                                brokenMeter,
                                meters.count("expired", ""),
                                meters.count("cancelled", "")),
                        Thread.ofPlatform().daemon().factory())) {
            brokenMeter.isBroken = true;
            assertFails(callers.call(batcher, 1, 0), ErrorCode.INTERNAL, "made by a test");
            brokenMeter.isBroken = false;
            assertThat(get(callers.call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
        await().until(model::isClosed);
    }

    @Test
    void withoutAThreadCallsFailAtOnceAndLaterOnesRun() throws Exception {
        var model = new FakeModel(WIDTH);
        var threads = new ScarceThreads();
        try (Batcher batcher = batcher(model, BatchMeters.of(meters), threads)) {
            threads.isOut = true;
            assertFails(callers.call(batcher, 1, 0), ErrorCode.OVERLOADED, "no thread");
            assertThat(batcher.queuedCalls()).isZero();
            threads.isOut = false;
            assertThat(get(callers.call(batcher, 1, 5))).containsExactly(doubled(1, 5));
        }
        await().until(model::isClosed);
    }

    @Test
    void theLargestBatchMayChange() throws Exception {
        var model = new FakeModel(WIDTH);
        try (Batcher batcher = batcher(model, Batching.MERGED, 4, 100, 1)) {
            assertThat(get(callers.call(batcher, 4, 0))).containsExactly(doubled(4, 0));
            batcher.limit(BatchingSpec.STANDARD.withMaxBatchSize(2));
            assertThat(get(callers.call(batcher, 4, 0))).containsExactly(doubled(4, 0));
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
                new BatchLimits(64, 0, 100, 1, 1),
                threads,
                time,
                batchMeters);
    }

    private Batcher batcher(
            FakeModel model, Batching batching, int maxItems, int maxQueued, int workers) {
        return new Batcher(
                model,
                Map.of(Signature.DEFAULT, batching),
                new BatchLimits(maxItems, 0, maxQueued, workers, workers),
                Thread.ofPlatform().daemon().factory(),
                time,
                BatchMeters.of(meters));
    }
}
