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
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.Signature;
import io.millrace.testkit.FakeModel;
import io.millrace.testkit.RecordingMeters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that wait: for others, for the engine, and no longer than they or their callers want. */
@Timeout(60)
class BatcherWaitingTest {

    private static final Duration NEVER = Duration.ofMinutes(50);
    private static final BatchingSpec PATIENT = new BatchingSpec(4, NEVER, 100, 2);

    private final Callers callers = new Callers();
    private final RecordingMeters meters = new RecordingMeters();
    private final FakeModel model = new FakeModel(WIDTH);

    @AfterEach
    void stopCallers() {
        callers.close();
        assertThat(model.batches()).doesNotContain(-1);
    }

    @Test
    void callsWaitForOthersUntilTheirBatchIsFull() throws Exception {
        try (Batcher batcher = batcher(PATIENT)) {
            var calls = new ArrayList<Future<float[]>>();
            for (int i = 0; i < 3; i++) {
                calls.add(callers.call(batcher, 1, i));
                int queued = i + 1;
                await().until(() -> batcher.queuedCalls() == queued);
            }
            assertThat(model.batches()).isEmpty();
            calls.add(callers.call(batcher, 1, 3));
            for (int i = 0; i < 4; i++) {
                assertThat(get(calls.get(i))).containsExactly(doubled(1, i));
            }
            assertThat(model.batches()).containsExactly(4);
        }
    }

    @Test
    void aBatchThatNeverFillsLeavesAfterTheDelay() throws Exception {
        try (Batcher batcher = batcher(PATIENT.withMaxDelay(Duration.ofMillis(30)))) {
            for (int i = 0; i < 3; i++) {
                assertThat(get(callers.call(batcher, 3, i))).containsExactly(doubled(3, i));
            }
            assertThat(model.batches()).containsExactly(3, 3, 3);
        }
    }

    @Test
    void callsOfOneBatchShareTheDelayOfTheOldest() throws Exception {
        try (Batcher batcher = batcher(PATIENT)) {
            Future<float[]> first = callers.call(batcher, 1, 0);
            Future<float[]> second = callers.call(batcher, 2, 10);
            await().until(() -> batcher.queuedRows() == 3);
            batcher.limit(PATIENT.withMaxDelay(Duration.ofMillis(1)));
            assertThat(get(first)).containsExactly(doubled(1, 0));
            assertThat(get(second)).containsExactly(doubled(2, 10));
            assertThat(model.batches()).containsExactly(3);
        }
    }

    @Test
    void aFullCallWaitsForNobodyAndTakesThoseBeforeItAlong() throws Exception {
        try (Batcher batcher = batcher(PATIENT)) {
            assertThat(get(callers.call(batcher, 4, 5))).containsExactly(doubled(4, 5));
            Future<float[]> small = callers.call(batcher, 1, 0);
            await().until(() -> batcher.queuedCalls() == 1);
            assertThat(get(callers.call(batcher, 4, 6))).containsExactly(doubled(4, 6));
            assertThat(get(small)).containsExactly(doubled(1, 0));
            assertThat(model.batches()).containsExactlyInAnyOrder(4, 1, 4);
        }
    }

    @Test
    void whoeverWaitsForOthersLeavesBeforeItsDeadline() throws Exception {
        // Slow time, so that a stalled machine cannot spend the little that is kept in reserve.
        var slow = new SlowTime();
        try (var slowCallers = new Callers(slow);
                Batcher batcher = batcher(PATIENT, slow)) {
            batcher.warmUp(model.signatures().getFirst(), List.of(rows(1, 0)));
            Future<float[]> call = slowCallers.call(batcher, 1, 7, Duration.ofMillis(40));
            assertThat(get(call)).containsExactly(doubled(1, 7));
            assertThat(meters.total("millrace_model_expired_total")).isZero();
        }
    }

    @Test
    void closingAnswersThoseThatWaitForOthers() throws Exception {
        Batcher batcher = batcher(PATIENT);
        var calls = List.of(callers.call(batcher, 1, 0), callers.call(batcher, 2, 1));
        await().until(() -> batcher.queuedCalls() == 2);
        batcher.close();
        assertThat(get(calls.get(0))).containsExactly(doubled(1, 0));
        assertThat(get(calls.get(1))).containsExactly(doubled(2, 1));
        assertThat(batcher.awaitClosed(TimeUnit.SECONDS.toNanos(20))).isTrue();
    }

    @Test
    void aCancelledCallLeavesTheQueueAtOnce() throws Exception {
        try (Batcher batcher = batcher(new BatchingSpec(64, Duration.ZERO, 3, 1))) {
            model.hold();
            Future<float[]> inEngine = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> cancelled = callers.call(batcher, 3, 1);
            await().until(() -> batcher.queuedRows() == 3);
            cancelled.cancel(true);
            await().until(() -> batcher.queuedRows() == 0);
            assertThat(batcher.queuedCalls()).isZero();
            Future<float[]> next = callers.call(batcher, 3, 9); // its place is free
            await().until(() -> batcher.queuedRows() == 3);
            model.release();
            get(inEngine);
            assertThat(get(next)).containsExactly(doubled(3, 9));
            assertThat(model.batches()).containsExactly(1, 3);
            assertThat(meters.total("millrace_model_cancelled_total")).isEqualTo(1);
            assertThat(meters.total("millrace_model_expired_total")).isZero();
        }
    }

    @Test
    void aLargeCallThatIsCancelledTakesAllItsPiecesAlong() throws Exception {
        try (Batcher batcher = batcher(new BatchingSpec(2, Duration.ZERO, 100, 1))) {
            model.hold();
            Future<float[]> inEngine = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> cancelled = callers.call(batcher, 9, 1);
            await().until(() -> batcher.queuedCalls() == 5);
            cancelled.cancel(true);
            await().until(() -> batcher.queuedCalls() == 0);
            model.release();
            get(inEngine);
            assertThat(get(callers.call(batcher, 1, 5))).containsExactly(doubled(1, 5));
            assertThat(model.batches()).containsExactly(1, 1);
            assertThat(meters.total("millrace_model_cancelled_total")).isEqualTo(1);
        }
    }

    @Test
    void aCallThatIsCancelledInTheEngineHarmsNobody() throws Exception {
        Batcher batcher = batcher(new BatchingSpec(64, Duration.ZERO, 100, 1));
        model.hold();
        var failure = new AtomicReference<@Nullable ErrorCode>();
        Thread caller =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                callers.submit(batcher, 1, 0, LONG);
                            } catch (MillraceException e) {
                                failure.set(e.code());
                            }
                        });
        await().until(() -> model.running() == 1);
        Future<float[]> other = callers.call(batcher, 2, 4);
        await().until(() -> batcher.queuedCalls() == 1);
        caller.interrupt();
        assertThat(caller.join(Duration.ofSeconds(20))).isTrue();
        assertThat(failure).hasValue(ErrorCode.UNAVAILABLE);
        assertThat(model.running()).isEqualTo(1);
        model.release();
        assertThat(get(other)).containsExactly(doubled(2, 4));
        batcher.close();
        assertThat(batcher.awaitClosed(TimeUnit.SECONDS.toNanos(20))).isTrue();
        assertThat(model.isClosed()).isTrue();
        assertThat(meters.total("millrace_model_cancelled_total")).isZero();
    }

    @Test
    void expiredCallsNeverReachTheEngine() throws Exception {
        try (Batcher batcher = batcher(new BatchingSpec(64, Duration.ZERO, 100, 1))) {
            model.hold();
            Future<float[]> inEngine = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            var expired = callers.call(batcher, 5, 0, Duration.ofMillis(20));
            assertFails(expired, ErrorCode.TIMEOUT, "while it waited");
            model.release();
            get(inEngine);
            assertFails(
                    callers.call(batcher, 5, 0, Duration.ofNanos(-1)),
                    ErrorCode.TIMEOUT,
                    "deadline");
            assertThat(model.batches()).containsExactly(1);
            assertThat(meters.total("millrace_model_expired_total")).isEqualTo(2);
        }
    }

    @Test
    void moreWorkersTakeUpWhatWaits() throws Exception {
        try (Batcher batcher = batcher(new BatchingSpec(1, Duration.ZERO, 100, 1))) {
            model.hold();
            var calls = new ArrayList<Future<float[]>>();
            for (int i = 0; i < 4; i++) {
                calls.add(callers.call(batcher, 1, i));
            }
            await().until(() -> batcher.queuedCalls() == 3);
            batcher.limit(new BatchingSpec(1, Duration.ZERO, 100, 3));
            await().until(() -> model.running() == 3);
            model.release();
            for (int i = 0; i < 4; i++) {
                assertThat(get(calls.get(i))).containsExactly(doubled(1, i));
            }
            assertThat(model.mostRunning()).isEqualTo(3);
        }
    }

    @Test
    void aSmallerQueueRefusesWhatALargerTook() throws Exception {
        try (Batcher batcher = batcher(new BatchingSpec(64, Duration.ZERO, 100, 1))) {
            model.hold();
            Future<float[]> inEngine = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> queued = callers.call(batcher, 5, 1);
            await().until(() -> batcher.queuedRows() == 5);
            batcher.limit(new BatchingSpec(64, Duration.ZERO, 5, 1));
            assertFails(
                    callers.call(batcher, 1, 0),
                    ErrorCode.OVERLOADED,
                    "5 items are waiting, this call has 1, allowed are 5");
            model.release();
            get(inEngine);
            assertThat(get(queued)).containsExactly(doubled(5, 1));
        }
    }

    @Test
    void aCallLargerThanTheQueueIsNotRefusedForEver() throws Exception {
        try (Batcher batcher = batcher(new BatchingSpec(64, Duration.ZERO, 5, 1))) {
            model.hold();
            Future<float[]> inEngine = callers.call(batcher, 1, 0);
            await().until(() -> model.running() == 1);
            Future<float[]> large = callers.call(batcher, 10, 1);
            await().until(() -> batcher.queuedRows() == 10);
            assertFails(callers.call(batcher, 1, 0), ErrorCode.OVERLOADED, "10 items are waiting");
            model.release();
            get(inEngine);
            assertThat(get(large)).containsExactly(doubled(10, 1));
        }
    }

    private Batcher batcher(BatchingSpec spec) {
        return batcher(spec, TimeSource.system());
    }

    private Batcher batcher(BatchingSpec spec, TimeSource time) {
        return new Batcher(
                model,
                Map.of(Signature.DEFAULT, Batching.MERGED),
                BatchLimits.of(spec, 1),
                Thread.ofPlatform().daemon().factory(),
                time,
                BatchMeters.of(meters));
    }

    private static final class SlowTime implements TimeSource {

        private static final int FACTOR = 20;

        @Override
        public Instant now() {
            return TimeSource.system().now();
        }

        @Override
        public long nanoTime() {
            return TimeSource.system().nanoTime() / FACTOR;
        }

        @Override
        public void pause(Duration duration) {
            TimeSource.system().pause(duration.multipliedBy(FACTOR));
        }
    }
}
