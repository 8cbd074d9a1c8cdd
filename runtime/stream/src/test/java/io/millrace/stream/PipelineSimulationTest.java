package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Seeded lives of a pipeline, judged by the delivery oracle. {@code -Dmillrace.seed=N} runs one
 * seed, {@code -Dmillrace.seeds=N} as many.
 */
@Timeout(120)
class PipelineSimulationTest {

    /** Seeds that failed once; each stays here for ever. */
    private static final long[] KEPT = {614, 651, 909, 3222, 4920, 5405};

    private static final int SEEDS = 250;

    static LongStream seeds() {
        Long only = Long.getLong("millrace.seed");
        return only != null
                ? LongStream.of(only)
                : LongStream.concat(
                        LongStream.of(KEPT),
                        LongStream.range(0, Integer.getInteger("millrace.seeds", SEEDS)));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void keepsItsPromisesWhateverBreaks(long seed) {
        assertThat(new Simulation(seed).run())
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
