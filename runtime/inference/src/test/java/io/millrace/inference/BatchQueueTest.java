package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.BatchingSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The queue step by step: no threads, and the time is a number. */
class BatchQueueTest {

    private static final long FOREVER = Long.MAX_VALUE / 4;
    private static final long RESERVE = 5;
    private static final BatchLimits GREEDY = limits(4, 0);
    private static final BatchLimits PATIENT = limits(4, 100);

    private final BatchQueue queue = new BatchQueue();
    private final List<BatchItem> batch = new ArrayList<>();

    @Test
    void withoutADelayWhatIsThereLeavesAtOnce() {
        assertThat(queue.patience(10, GREEDY, RESERVE)).isEqualTo(Long.MAX_VALUE);
        BatchItem first = add(1, 2, 10);
        assertThat(queue.patience(10, GREEDY, RESERVE)).isZero();
        BatchItem second = add(2, 2, 11);
        BatchItem third = add(2, 2, 12);
        assertThat(take(12, GREEDY)).containsExactly(first, second);
        assertThat(take(12, GREEDY)).containsExactly(third);
        assertThat(take(12, GREEDY)).isEmpty();
    }

    @Test
    void aBatchLeavesWhenItsOldestCallHasWaitedLongEnough() {
        BatchItem first = add(1, 2, 10);
        BatchItem second = add(1, 2, 90);
        assertThat(queue.patience(90, PATIENT, RESERVE)).isEqualTo(20);
        assertThat(take(109, PATIENT)).isEmpty();
        assertThat(queue.patience(110, PATIENT, RESERVE)).isZero();
        assertThat(take(110, PATIENT)).containsExactly(first, second);
    }

    @Test
    void aFullBatchLeavesAtOnce() {
        BatchItem first = add(2, 2, 10);
        assertThat(take(11, PATIENT)).isEmpty();
        BatchItem second = add(2, 2, 11);
        assertThat(take(11, PATIENT)).containsExactly(first, second);
        BatchItem large = add(3, 2, 20);
        add(2, 2, 20); // does not fit any more, so waiting for more makes no sense
        assertThat(take(20, PATIENT)).containsExactly(large);
        assertThat(take(20, PATIENT)).isEmpty();
    }

    @Test
    void nobodyWaitsForOthersUntilItIsTooLate() {
        BatchItem first = add(1, 2, 10);
        BatchItem urgent = add(1, 2, 20, 50);
        assertThat(queue.patience(20, PATIENT, RESERVE)).isEqualTo(50 - RESERVE - 20);
        assertThat(take(44, PATIENT)).isEmpty();
        assertThat(take(45, PATIENT)).containsExactly(first, urgent);
        // The deadline of one that is gone hurries nobody.
        add(1, 2, 50);
        BatchItem leaving = add(1, 2, 50, 60);
        assertThat(queue.patience(50, PATIENT, RESERVE)).isEqualTo(5);
        queue.remove(leaving);
        assertThat(queue.patience(50, PATIENT, RESERVE)).isEqualTo(100);
    }

    @Test
    void callsOfAnotherShapeAreNotHeldUpByThoseThatWait() {
        BatchItem waiting = add(1, 2, 10);
        BatchItem full = add(4, 3, 20);
        assertThat(take(20, PATIENT)).containsExactly(full);
        BatchItem alone = alone(9, 2, 21);
        BatchItem alsoAlone = alone(1, 2, 22);
        assertThat(take(22, PATIENT)).containsExactly(alone);
        assertThat(take(22, PATIENT)).containsExactly(alsoAlone);
        assertThat(take(22, PATIENT)).isEmpty();
        assertThat(take(110, PATIENT)).containsExactly(waiting);
    }

    @Test
    void theOldestCallLeadsTheNextBatchHoweverManyOthersCome() {
        BatchItem rare = add(1, 3, 5);
        var busy = new ArrayList<BatchItem>();
        for (int i = 0; i < 8; i++) {
            busy.add(add(1, 2, i < 4 ? 1 : 6));
        }
        assertThat(take(7, GREEDY)).containsExactlyElementsOf(busy.subList(0, 4));
        assertThat(take(7, GREEDY)).containsExactly(rare);
        assertThat(take(7, GREEDY)).containsExactlyElementsOf(busy.subList(4, 8));
        // Small calls that fill the gap behind a large one do not overtake it twice.
        add(3, 2, 10);
        BatchItem large = add(3, 2, 11);
        BatchItem small = add(1, 2, 12);
        assertThat(take(12, GREEDY)).hasSize(2).contains(small);
        assertThat(take(12, GREEDY)).first().isSameAs(large);
    }

    @Test
    void expiredAndDepartedCallsTakeNoPlaceInABatch() {
        BatchItem expired = add(4, 2, 10, 20);
        BatchItem departed = add(2, 2, 11);
        BatchItem good = add(3, 2, 12);
        assertThat(departed.tryLeave()).isTrue();
        assertThat(take(20, GREEDY)).containsExactly(good);
        assertThat(expired.tryLeave()).isTrue(); // nobody started it: its caller times out
        queue.remove(departed);
        queue.remove(expired);
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.rows()).isZero();
    }

    @Test
    void aFullQueueSaysHowFull() {
        add(3, 2, 0);
        queue.checkRoom(1, 4);
        assertThatThrownBy(() -> queue.checkRoom(2, 4))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("3 items are waiting, this call has 2, allowed are 4");
        assertThatThrownBy(() -> queue.checkRoom(Integer.MAX_VALUE, Integer.MAX_VALUE))
                .hasMessageContaining("is full");
    }

    @Test
    void anyNumberOfShapesFindsItsPlace() {
        for (int width = 1; width <= 2_000; width++) {
            add(1, width, width);
        }
        for (int width = 1; width <= 2_000; width++) {
            List<BatchItem> taken = take(3_000, GREEDY);
            assertThat(taken).hasSize(1);
            assertThat(taken.getFirst().queuedAt()).isEqualTo(width);
        }
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void limitsMakeSenseWhateverIsDeclared() {
        var odd = new BatchingSpec(0, Duration.ofDays(400_000), 0, 0);
        assertThat(BatchLimits.of(odd, 3))
                .isEqualTo(new BatchLimits(1, Duration.ofHours(1).toNanos(), 1, 3, 3));
        assertThat(BatchLimits.of(BatchingSpec.STANDARD, 2))
                .isEqualTo(new BatchLimits(64, 0, 4096, 2, 2));
        assertThat(PATIENT.with(new BatchingSpec(8, Duration.ofNanos(-1), 9, 7)))
                .isEqualTo(new BatchLimits(8, 0, 9, 7, 1));
    }

    /** Against the simplest queue there is: a list. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void losesNothingAndMergesOnlyWhatFits(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var waiting = new ArrayList<BatchItem>();
        long now = 0;
        for (int step = 0; step < 20_000; step++) {
            now += random.nextInt(8);
            BatchLimits limits = limits(1 + random.nextInt(6), random.nextInt(3) * 40L);
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    long deadline = random.nextBoolean() ? FOREVER : now + random.nextInt(100);
                    waiting.add(
                            item(
                                    1 + random.nextInt(5),
                                    1 + random.nextInt(3),
                                    now,
                                    deadline,
                                    random.nextInt(5) > 0));
                    queue.add(waiting.getLast());
                }
                case 2 -> {
                    if (!waiting.isEmpty()) {
                        BatchItem leaving = waiting.remove(random.nextInt(waiting.size()));
                        assertThat(leaving.tryLeave()).isTrue();
                        queue.remove(leaving);
                    }
                }
                default -> checkTake(waiting, now, limits);
            }
            assertThat(queue.calls()).isLessThanOrEqualTo(waiting.size());
            assertThat(queue.isEmpty()).isEqualTo(queue.rows() == 0);
        }
        while (!queue.isEmpty()) {
            checkTake(waiting, now, limits(6, 0));
        }
        long end = now;
        assertThat(waiting).allMatch(item -> item.isExpired(end));
    }

    private void checkTake(List<BatchItem> waiting, long now, BatchLimits limits) {
        long patience = queue.patience(now, limits, RESERVE);
        List<BatchItem> taken = take(now, limits);
        assertThat(waiting).containsAll(taken);
        waiting.removeAll(taken);
        if (taken.isEmpty()) {
            assertThat(queue.patience(now, limits, RESERVE)).isPositive();
            return;
        }
        assertThat(patience).isZero();
        BatchItem first = taken.getFirst();
        int rows = taken.stream().mapToInt(BatchItem::rows).sum();
        assertThat(taken).noneMatch(item -> item.isExpired(now));
        if (taken.size() > 1) {
            assertThat(taken.subList(1, taken.size())).allMatch(first::fitsWith);
            assertThat(rows).isLessThanOrEqualTo(limits.maxItems());
        }
        boolean isPatient = limits.maxDelayNanos() > 0;
        assertThat(waiting)
                .filteredOn(item -> !item.isExpired(now))
                .filteredOn(item -> !isPatient || now - item.queuedAt() >= limits.maxDelayNanos())
                .allMatch(item -> item.queuedAt() >= first.queuedAt());
    }

    private static BatchLimits limits(int maxItems, long delay) {
        return new BatchLimits(maxItems, delay, 1000, 1, 1);
    }

    private List<BatchItem> take(long now, BatchLimits limits) {
        batch.clear();
        assertThat(queue.take(batch, now, limits, RESERVE)).isEqualTo(!batch.isEmpty());
        return List.copyOf(batch);
    }

    private BatchItem add(int rows, int width, long now) {
        return add(rows, width, now, FOREVER);
    }

    private BatchItem add(int rows, int width, long now, long deadline) {
        BatchItem item = item(rows, width, now, deadline, true);
        queue.add(item);
        return item;
    }

    private BatchItem alone(int rows, int width, long now) {
        BatchItem item = item(rows, width, now, FOREVER, false);
        queue.add(item);
        return item;
    }

    private static BatchItem item(int rows, int width, long now, long deadline, boolean canMerge) {
        var signature =
                new Signature(
                        Signature.DEFAULT,
                        List.of(new TensorSpec("x", DataType.FP32, Shape.of(Shape.ANY, Shape.ANY))),
                        List.of());
        Tensor input = Tensor.ofFloats(Shape.of(rows, width), new float[rows * width]);
        return new BatchItem(signature, List.of(input), rows, canMerge, now, deadline);
    }
}
