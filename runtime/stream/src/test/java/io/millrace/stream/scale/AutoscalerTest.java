package io.millrace.stream.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ScaleSpec;
import io.millrace.stream.scale.ScaleDecision.Cause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoscalerTest {

    private static final ScaleSpec SPEC =
            new ScaleSpec(0, 8, 1_000, Duration.ofSeconds(2), Duration.ofSeconds(30));
    private static final int PARTITIONS = 12;

    private Autoscaler autoscaler = new Autoscaler(SPEC, 0);
    private long now;
    private int tasks = 1;
    private long received;
    private int partitions = PARTITIONS;
    private boolean maySleep = true;

    @Test
    void staysAsLongAsTheTasksKeepUp() {
        for (int i = 0; i < 100; i++) {
            assertThat(busySecond(900, 0, 0.5).cause()).isEqualTo(Cause.STEADY);
        }
        assertThat(tasks).isEqualTo(1);
    }

    @Test
    void addsAsManyAsTheLagAsksForButAtMostTwiceAsMany() {
        ScaleDecision first = busySecond(1_001, 0, 1);
        assertThat(first)
                .isEqualTo(
                        new ScaleDecision(
                                2,
                                Cause.LAG,
                                "1,001 records wait, more than 1,000 for each of 1 task"));
        List<Integer> grown = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            grown.add(busySecond(20_000, 0, 1).tasks());
        }
        assertThat(grown).startsWith(2, 2, 4, 4, 4, 8, 8).endsWith(8);
    }

    @Test
    void addsOneTaskWhenRecordsWaitTooLong() {
        assertThat(busySecond(10, 2_500, 1).cause()).isEqualTo(Cause.STEADY);
        assertThat(busySecond(10, 3_500, 1))
                .isEqualTo(
                        new ScaleDecision(
                                2, Cause.AGE, "the oldest record is 3.5 s old, more than 2 s"));
    }

    @Test
    void aSlowRecordBehindWhichNothingWaitsNeedsNoOtherTask() {
        for (int i = 0; i < 20; i++) {
            assertThat(busySecond(0, 1_000L * i, 1).cause()).isEqualTo(Cause.STEADY);
        }
    }

    @Test
    void oneLateMomentIsNoReason() {
        for (int i = 0; i < 20; i++) {
            assertThat(busySecond(10, i % 2 == 0 ? 5_000 : 0, 0.5).cause()).isEqualTo(Cause.STEADY);
        }
    }

    @Test
    void neverHasMoreTasksThanPartitionsAndSaysSo() {
        partitions = 3;
        assertThat(busySecond(50_000, 0, 1).tasks()).isEqualTo(2);
        pass(Duration.ofSeconds(3));
        assertThat(busySecond(50_000, 0, 1).message())
                .endsWith(
                        "2 tasks; more tasks than partitions of its inputs cannot help, and there are 3");
        pass(Duration.ofSeconds(3));
        ScaleDecision held = busySecond(50_000, 0, 1);
        assertThat(held.cause()).isEqualTo(Cause.LIMITED);
        assertThat(held.message())
                .isEqualTo(
                        "50,000 records wait, more than 1,000 for each of 3 tasks, but more tasks than"
                                + " partitions of its inputs cannot help, and there are 3");
        assertThat(tasks).isEqualTo(3);
    }

    @Test
    void saysWhenThereMayBeNoMore() {
        tasks = 8;
        ScaleDecision held = busySecond(50_000, 0, 8);
        assertThat(held.cause()).isEqualTo(Cause.LIMITED);
        assertThat(held.message()).endsWith(", but no more than 8 tasks may run");
    }

    @Test
    void doesNotAddTasksThatWouldWaitForTheSameSink() {
        var failing = new Load(2, 0, true, 50_000, 60_000, 0, 2, PARTITIONS, true);
        for (int i = 1; i < 100; i++) {
            ScaleDecision held = autoscaler.decide(failing, i * 1_000_000_000L);
            assertThat(held.tasks()).isEqualTo(2);
            assertThat(held.cause()).isEqualTo(Cause.HELD);
        }
    }

    @Test
    void waitsForThoseThatStart() {
        var starting = new Load(2, 1, false, 50_000, 0, 0, 1, PARTITIONS, true);
        for (int i = 1; i < 100; i++) {
            assertThat(autoscaler.decide(starting, i * 1_000_000_000L).cause())
                    .isEqualTo(Cause.STEADY);
        }
    }

    @Test
    void fallsAsleepWhenNothingCameForTheWholeTime() {
        tasks = 4;
        busySecond(100, 0, 4);
        for (int i = 0; i < 30; i++) {
            assertThat(quietSecond().cause()).as("second %d", i).isEqualTo(Cause.STEADY);
        }
        assertThat(quietSecond())
                .isEqualTo(new ScaleDecision(0, Cause.IDLE, "nothing came for 30 s"));
        assertThat(quietSecond().cause()).isEqualTo(Cause.STEADY);
    }

    @Test
    void keepsTheFewestThatAreDeclared() {
        autoscaler.spec(new ScaleSpec(2, 8, 1_000, Duration.ofSeconds(2), Duration.ofSeconds(30)));
        tasks = 4;
        for (int i = 0; i < 200; i++) {
            quietSecond();
        }
        assertThat(tasks).isEqualTo(2);
    }

    @Test
    void keepsOneTaskWhenNobodyWouldSeeWhatComes() {
        maySleep = false;
        tasks = 4;
        for (int i = 0; i < 200; i++) {
            quietSecond();
        }
        assertThat(tasks).isEqualTo(1);
    }

    @Test
    void takesAwayWhatWasNotNeededAtTheBusiestMoment() {
        tasks = 8;
        var changes = new ArrayList<ScaleDecision>();
        for (int i = 0; i < 100; i++) {
            ScaleDecision decision = busySecond(0, 0, i == 10 ? 2.0 : 0.3);
            if (decision.cause() != Cause.STEADY) {
                changes.add(decision);
            }
        }
        assertThat(changes)
                .containsExactly(
                        new ScaleDecision(3, Cause.CALM, "for 30 s 3 tasks would have been enough"),
                        new ScaleDecision(1, Cause.CALM, "for 30 s 1 task would have been enough"));
    }

    @Test
    void doesNotSwingUnderASteadyLoad() {
        autoscaler = new Autoscaler(SPEC, 0);
        // Work for 1.6 tasks: whatever one or two tasks leave undone waits.
        double undone = 0;
        var sizes = new ArrayList<Integer>();
        for (int i = 0; i < 3_600; i++) {
            undone = Math.max(0, undone + 1_600 - tasks * 1_000.0);
            double busy = Math.min(tasks, 1.6 + undone / 1_000);
            long age = (long) (undone / tasks);
            sizes.add(busySecond((long) undone, age, busy).tasks());
        }
        assertThat(sizes.subList(100, 3_600)).containsOnly(sizes.getLast());
        assertThat(sizes.getLast()).isBetween(2, 4);
    }

    @Test
    void aBurstBringsTasksInSecondsAndTheyStayForTheIdleTime() {
        var sizes = new ArrayList<Integer>();
        for (int i = 0; i < 6; i++) {
            sizes.add(busySecond(8_000, 1_000, tasks).tasks());
        }
        assertThat(sizes.getLast()).isGreaterThanOrEqualTo(4);
        int most = tasks;
        for (int i = 0; i < 30; i++) {
            assertThat(quietSecond().tasks()).isEqualTo(most);
        }
        quietSecond();
        quietSecond();
        assertThat(tasks).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1000, 1", "1001, 2", "5000, 5", "900000, 8"})
    void wakesWithAsManyAsWaitForIt(long waiting, int expected) {
        assertThat(autoscaler.wake(waiting, PARTITIONS, 0, 0)).isEqualTo(expected);
        assertThat(autoscaler.wake(waiting, 1, 0, 0)).isEqualTo(1);
    }

    @Test
    void doesNotFallAsleepAgainBeforeTheFirstRecordWasRead() {
        autoscaler.spec(new ScaleSpec(0, 8, 1_000, Duration.ofSeconds(2), Duration.ofSeconds(1)));
        tasks = autoscaler.wake(1, PARTITIONS, received, now);
        for (int i = 0; i < 29; i++) {
            assertThat(quietSecond().tasks()).isEqualTo(1);
        }
        // A task that was woken for nothing does not stay for ever.
        for (int i = 0; i < 5; i++) {
            quietSecond();
        }
        assertThat(tasks).isZero();
    }

    @Test
    void followsAnotherDeclarationAtOnce() {
        autoscaler.spec(new ScaleSpec(3, 4, 1_000, Duration.ofSeconds(2), Duration.ofSeconds(30)));
        assertThat(quietSecond())
                .isEqualTo(new ScaleDecision(3, Cause.DECLARED, "at least 3 tasks shall run"));
        autoscaler.spec(new ScaleSpec(0, 1, 1_000, Duration.ofSeconds(2), Duration.ofSeconds(30)));
        assertThat(quietSecond())
                .isEqualTo(new ScaleDecision(1, Cause.DECLARED, "at most 1 task may run"));
    }

    @Test
    void aFixedNumberStaysWhateverComes() {
        autoscaler.spec(ScaleSpec.fixed(2));
        tasks = 2;
        for (int i = 0; i < 100; i++) {
            busySecond(1_000_000, 100_000, 2);
            assertThat(tasks).isEqualTo(2);
        }
        for (int i = 0; i < 100; i++) {
            quietSecond();
            assertThat(tasks).isEqualTo(2);
        }
    }

    private ScaleDecision busySecond(long waiting, long oldestMillis, double busy) {
        received += 100;
        return decide(
                new Load(
                        tasks,
                        0,
                        false,
                        waiting,
                        oldestMillis,
                        received,
                        busy,
                        partitions,
                        maySleep));
    }

    private ScaleDecision quietSecond() {
        return decide(new Load(tasks, 0, false, 0, 0, received, 0, partitions, maySleep));
    }

    private ScaleDecision decide(Load load) {
        pass(Duration.ofSeconds(1));
        ScaleDecision decision = autoscaler.decide(load, now);
        tasks = decision.tasks();
        return decision;
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
