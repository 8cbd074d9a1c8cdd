package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.stream.Simulation.Life;
import io.millrace.testkit.TransactionFaults;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Seeded lives of a pipeline, judged by the delivery oracle. {@code -Dmillrace.seed=N} runs one
 * seed of each kind of life, {@code -Dmillrace.seeds=N} as many.
 */
@Timeout(120)
class PipelineSimulationTest {

    /** Seeds that failed once; each stays here for ever. */
    private static final long[] KEPT = {614, 651, 909, 3222, 4920, 5405};

    private static final long[] KEPT_OF_CHANGING_MEMBERS = {};

    private static final long[] KEPT_OF_EXACTLY_ONCE = {};

    private static final int SEEDS = 250;

    static LongStream seeds() {
        return seeds(KEPT);
    }

    static LongStream seedsOfChangingMembers() {
        return seeds(KEPT_OF_CHANGING_MEMBERS);
    }

    static LongStream seedsOfExactlyOnce() {
        return seeds(KEPT_OF_EXACTLY_ONCE);
    }

    private static LongStream seeds(long[] kept) {
        Long only = Long.getLong("millrace.seed");
        return only != null
                ? LongStream.of(only)
                : LongStream.concat(
                        LongStream.of(kept),
                        LongStream.range(0, Integer.getInteger("millrace.seeds", SEEDS)));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void keepsItsPromisesWhateverBreaks(long seed) {
        judge(seed, Life.USUAL);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seedsOfChangingMembers")
    void keepsItsPromisesWhileMembersLeaveAndComeBack(long seed) {
        judge(seed, Life.CHANGING_MEMBERS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seedsOfExactlyOnce")
    void answersExactlyOnceWhateverBreaks(long seed) {
        judge(seed, Life.EXACTLY_ONCE);
    }

    private static void judge(long seed, Life life) {
        assertThat(new Simulation(seed, life).run())
                .as(
                        "repeat with: ./mvnw -o -pl runtime/stream -am test"
                                + " -Dtest=PipelineSimulationTest"
                                + " -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.seed=%d",
                        seed)
                .isEmpty();
    }

    @Test
    void theSameSeedIsTheSameLife() {
        var one = new Simulation(42);
        var other = new Simulation(42);
        one.run();
        other.run();
        assertThat(other.crashes()).isEqualTo(one.crashes());
        assertThat(other.sink().accepted()).hasSameSizeAs(one.sink().accepted());
    }

    @Test
    void somethingBreaksAndSomethingComesThrough() {
        int crashes = 0;
        int outputs = 0;
        int deadLetters = 0;
        for (int seed = 0; seed < 50; seed++) {
            var life = new Simulation(seed);
            life.run();
            crashes += life.crashes();
            outputs += life.oracle().outputs();
            deadLetters += life.oracle().deadLetters();
        }
        assertThat(crashes).isGreaterThan(100);
        assertThat(outputs).isGreaterThan(2_000);
        assertThat(deadLetters).isGreaterThan(100);
    }

    @Test
    void exactlyOnceIsTriedInEarnest() {
        int crashes = 0;
        int takeOvers = 0;
        int outputs = 0;
        int deadLetters = 0;
        for (int seed = 0; seed < 50; seed++) {
            var life = new Simulation(seed, Life.EXACTLY_ONCE);
            life.run();
            crashes += life.crashes();
            takeOvers += life.takeOvers();
            outputs += life.oracle().outputs();
            deadLetters += life.oracle().deadLetters();
        }
        assertThat(crashes).isGreaterThan(200);
        assertThat(takeOvers).isGreaterThan(20);
        assertThat(outputs).isGreaterThan(2_000);
        assertThat(deadLetters).isGreaterThan(100);
    }

    @Test
    void theOracleSeesATransactionThatIsTorn() {
        assertThat(seen("duplicates:", TransactionFaults::forgettingOffsets)).isGreaterThan(10);
        assertThat(seen("lost:", TransactionFaults::forgettingRecords)).isGreaterThan(10);
    }

    private static int seen(
            String problem,
            BiFunction<TransactionFaults, BooleanSupplier, TransactionFaults> fault) {
        int seen = 0;
        for (int seed = 0; seed < 20; seed++) {
            var life = new Simulation(seed, Life.EXACTLY_ONCE);
            var commits = new AtomicInteger();
            life.withTransactions(
                    faults -> fault.apply(faults, () -> commits.incrementAndGet() % 5 == 0));
            if (life.run().stream().anyMatch(each -> each.startsWith(problem))) {
                seen++;
            }
        }
        return seen;
    }

    @Test
    void theOracleSeesASinkThatLosesRecords() {
        int seen = 0;
        for (int seed = 0; seed < 20; seed++) {
            var life = new Simulation(seed);
            var writes = new AtomicInteger();
            // Accepts, and keeps nothing of every third write.
            life.losing(() -> writes.incrementAndGet() % 3 == 0);
            List<String> problems = life.run();
            if (problems.stream().anyMatch(problem -> problem.startsWith("lost:"))) {
                seen++;
            }
        }
        assertThat(seen).isGreaterThan(10);
    }
}
