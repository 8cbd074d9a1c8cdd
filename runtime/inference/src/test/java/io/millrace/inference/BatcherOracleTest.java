package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.BatchingSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import io.millrace.testkit.RecordingMeters;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Callers who do everything callers do, all at once: each gets the answer to its own rows or a
 * clean reason, and nothing is left behind.
 */
@Timeout(120)
class BatcherOracleTest {

    private static final int CALLERS = 24;
    private static final int CALLS = 60;
    private static final float POISON = -1;

    private final TimeSource time = TimeSource.system();
    private final RecordingMeters meters = new RecordingMeters();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void everyCallGetsItsOwnAnswerOrACleanReason(long seed) throws Exception {
        RandomGenerator random = generator(seed);
        var model = new AddingModel(random.nextInt(3) * 200_000L);
        BatchingSpec spec = spec(random);
        var batcher =
                new Batcher(
                        model,
                        Map.of(
                                "plus1",
                                Batching.MERGED,
                                "plus2",
                                Batching.MERGED,
                                "single",
                                Batching.ONE_BY_ONE),
                        BatchLimits.of(spec, 2),
                        Thread.ofPlatform().daemon().factory(),
                        time,
                        BatchMeters.of(meters));
        var callers = new ArrayList<Caller>();
        for (int i = 0; i < CALLERS; i++) {
            callers.add(new Caller(batcher, generator(seed * 1000 + i), i));
        }
        callers.forEach(caller -> caller.thread.start());
        meddle(random, batcher, callers);
        for (Caller caller : callers) {
            assertThat(caller.thread.join(Duration.ofSeconds(60))).isTrue();
            assertThat(caller.complaint).isNull();
        }
        assertThat(batcher.queuedRows()).isZero();
        assertThat(batcher.queuedCalls()).isZero();
        await().until(batcher::isIdle);
        batcher.close();
        assertThat(batcher.awaitClosed(TimeUnit.SECONDS.toNanos(30))).isTrue();
        assertThat(model.closings.get()).isEqualTo(1);
        assertThat(model.isMisused.get()).isFalse();
        assertThat(model.mostRunning.get()).isLessThanOrEqualTo(4);
        assertThat(callers.stream().mapToInt(c -> c.answered).sum()).isPositive();
    }

    /** Interrupts callers, changes limits and at last closes in the middle of it all. */
    private void meddle(RandomGenerator random, Batcher batcher, List<Caller> callers) {
        int steps = 100 + random.nextInt(200);
        for (int i = 0; i < steps; i++) {
            Caller caller = callers.get(random.nextInt(callers.size()));
            if (random.nextInt(3) == 0) {
                caller.cancel();
            }
            if (random.nextInt(10) == 0) {
                batcher.limit(spec(random));
            }
            LockSupport.parkNanos(random.nextInt(200_000));
        }
        if (random.nextBoolean()) {
            batcher.close();
        }
    }

    private static BatchingSpec spec(RandomGenerator random) {
        return new BatchingSpec(
                1 + random.nextInt(16),
                Duration.ofNanos(random.nextInt(3) * 500_000L),
                20 + random.nextInt(60),
                1 + random.nextInt(4));
    }

    private static RandomGenerator generator(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** A thread that calls and checks each answer against what it sent. */
    private final class Caller {

        private final Batcher batcher;
        private final RandomGenerator random;
        private final int number;
        private final Thread thread = Thread.ofVirtual().unstarted(this::work);
        private final AtomicBoolean isCancelled = new AtomicBoolean();
        private volatile @Nullable Throwable complaint;
        private int answered;

        Caller(Batcher batcher, RandomGenerator random, int number) {
            this.batcher = batcher;
            this.random = random;
            this.number = number;
        }

        void cancel() {
            isCancelled.set(true);
            thread.interrupt();
        }

        private void work() {
            try {
                for (int i = 0; i < CALLS; i++) {
                    boolean isOpen = call(number * 100_000 + i * 100);
                    if (Thread.interrupted()) {
                        isCancelled.set(false);
                    }
                    if (!isOpen) {
                        return;
                    }
                }
            } catch (Throwable e) {
                complaint = e;
            }
        }

        /** False once the batcher is closed. */
        private boolean call(int first) {
            Signature signature = AddingModel.SIGNATURES.get(random.nextInt(3));
            int rows = 1 + random.nextInt(12);
            int width = 1 + random.nextInt(2);
            boolean isPoisoned = random.nextInt(15) == 0;
            long timeout =
                    random.nextInt(4) == 0
                            ? random.nextInt(2_000_000)
                            : TimeUnit.SECONDS.toNanos(40);
            float[] sent = numbers(rows * width, first);
            if (isPoisoned) {
                sent[random.nextInt(sent.length)] = POISON;
            }
            Tensor input = Tensor.ofFloats(Shape.of(rows, width), sent.clone());
            try {
                List<Tensor> answer =
                        batcher.submit(signature, List.of(input), time.nanoTime() + timeout);
                if (answer == null) {
                    return false;
                }
                assertThat(isPoisoned).isFalse();
                check(signature, sent, Shape.of(rows, width), answer);
                answered++;
            } catch (MillraceException e) {
                checkReason(e, isPoisoned, timeout);
            }
            return true;
        }

        private void checkReason(MillraceException e, boolean isPoisoned, long timeout) {
            switch (e.code()) {
                case OVERLOADED -> assertThat(e.text()).contains("items are waiting");
                case UNAVAILABLE -> await().until(isCancelled::get);
                case TIMEOUT -> assertThat(timeout).isLessThan(TimeUnit.SECONDS.toNanos(1));
                case USER_CODE -> assertThat(isPoisoned).isTrue();
                default -> throw e;
            }
        }

        private void check(Signature signature, float[] sent, Shape shape, List<Tensor> answer) {
            var output = (Tensor.Numeric) answer.getFirst();
            assertThat(output.shape()).isEqualTo(shape);
            float[] got = output.data().toArray(ValueLayout.JAVA_FLOAT);
            float plus = AddingModel.plus(signature);
            for (int i = 0; i < sent.length; i++) {
                assertThat(got[i]).isEqualTo(sent[i] + plus);
            }
        }

        private static float[] numbers(int count, int first) {
            var numbers = new float[count];
            for (int i = 0; i < count; i++) {
                numbers[i] = first + i;
            }
            return numbers;
        }
    }

    /** Adds a number that depends on the signature, fails on poison, and notices misuse. */
    private static final class AddingModel implements LoadedModel {

        private static final List<Signature> SIGNATURES =
                List.of(signature("plus1"), signature("plus2"), signature("single"));

        private final long nanos;
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger mostRunning = new AtomicInteger();
        private final AtomicInteger closings = new AtomicInteger();
        private final AtomicBoolean isMisused = new AtomicBoolean();

        AddingModel(long nanos) {
            this.nanos = nanos;
        }

        private static Signature signature(String name) {
            Shape any = Shape.of(Shape.ANY, Shape.ANY);
            return new Signature(
                    name,
                    List.of(new TensorSpec("x", DataType.FP32, any)),
                    List.of(new TensorSpec("y", DataType.FP32, any)));
        }

        static float plus(Signature signature) {
            return 0.5f + SIGNATURES.indexOf(signature);
        }

        @Override
        public List<Signature> signatures() {
            return SIGNATURES;
        }

        @Override
        public List<Tensor> run(Signature signature, List<Tensor> inputs) {
            mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                if (closings.get() > 0) {
                    isMisused.set(true);
                }
                if (nanos > 0) {
                    LockSupport.parkNanos(nanos);
                }
                var input = (Tensor.Numeric) inputs.getFirst();
                if (signature.name().equals("single") && input.shape().extent(0) > 1) {
                    isMisused.set(true);
                }
                float[] values = input.data().toArray(ValueLayout.JAVA_FLOAT);
                for (int i = 0; i < values.length; i++) {
                    if (values[i] == POISON) {
                        throw new MillraceException(ErrorCode.USER_CODE, "poisoned");
                    }
                    values[i] += plus(signature);
                }
                return List.of(Tensor.ofFloats(input.shape(), values));
            } finally {
                running.decrementAndGet();
            }
        }

        @Override
        public void close() {
            closings.incrementAndGet();
            if (running.get() > 0) {
                isMisused.set(true);
            }
        }
    }
}
