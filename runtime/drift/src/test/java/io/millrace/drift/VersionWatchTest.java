package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.MonitorSpec;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.DriftReport.FeatureDrift;
import io.millrace.spi.DriftReport.State;
import io.millrace.spi.LogRecord;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class VersionWatchTest {

    private static final int REFERENCE = 2_000;
    private static final int WINDOW = 500;

    private final VersionWatch watch = new VersionWatch(Given.SIGNATURE);

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** Records around a mean, with a share of them far outside. */
    private int feed(RandomGenerator random, int records, double mean, MonitorSpec spec) {
        int changes = 0;
        for (int i = 0; i < records; i++) {
            float a = (float) (mean + random.nextGaussian());
            float b = random.nextFloat();
            List<Tensor> inputs = Given.rows(2, a, b);
            var call = call(Given.SIGNATURE, inputs, Given.rows(1, a + b));
            changes += watch.add(call, 1, 0, spec, REFERENCE) ? 1 : 0;
        }
        return changes;
    }

    @SuppressWarnings("NullAway") // the watch of one version does not ask whose it is
    static ObservedCall call(Signature signature, List<Tensor> inputs, List<Tensor> outputs) {
        return new ObservedCall(null, 1, signature, inputs, outputs, new @Nullable LogRecord[0], 0);
    }

    private static MonitorSpec by(MonitorSpec.Distance distance) {
        MonitorSpec spec = Given.monitor();
        return new MonitorSpec(
                1, spec.reference(), WINDOW, distance, distance.usualThreshold(), 3, spec.labels());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aShiftIsToldAfterThreeWindowsAndNotBefore(long seed) {
        RandomGenerator random = random(seed);
        MonitorSpec spec = Given.monitor();
        feed(random, REFERENCE + 4 * WINDOW, 0, spec);
        assertThat(watch.state()).isEqualTo(State.STEADY);

        feed(random, 3 * WINDOW - 1, 0.8, spec);
        assertThat(watch.state()).isEqualTo(State.STEADY);
        int changes = feed(random, 1, 0.8, spec);

        assertThat(changes).isEqualTo(1);
        assertThat(watch.state()).isEqualTo(State.DRIFTED);
        assertThat(watch.message()).contains("input x[0] (psi", "for 3 windows of 500 records");
        assertThat(watch.message()).doesNotContain("x[1]");
    }

    @ParameterizedTest
    @EnumSource(MonitorSpec.Distance.class)
    void aStreamThatStaysAsItWasRaisesNoAlarm(MonitorSpec.Distance distance) {
        int above = 0;
        int compared = 0;
        for (long seed = 100; seed < 112; seed++) {
            var steady = new VersionWatchTest();
            steady.feed(random(seed), REFERENCE, 0, by(distance));
            for (int window = 0; window < 20; window++) {
                steady.feed(steadyRandom(seed, window), WINDOW, 0, by(distance));
                for (FeatureDrift feature : steady.watch.features(by(distance))) {
                    compared++;
                    above += feature.above() > 0 ? 1 : 0;
                }
                assertThat(steady.watch.state()).isEqualTo(State.STEADY);
            }
        }
        assertThat(compared).isEqualTo(12 * 20 * 3);
        // Not one window in two hundred, although the reference is a sample itself.
        assertThat(above).isLessThanOrEqualTo(3);
    }

    private static RandomGenerator steadyRandom(long seed, int window) {
        return random(1_000 * seed + window);
    }

    @Test
    void oneOddWindowIsNoDrift() {
        RandomGenerator random = random(9);
        feed(random, REFERENCE, 0, Given.monitor());
        for (int i = 0; i < 5; i++) {
            feed(random, 2 * WINDOW, 3, Given.monitor());
            feed(random, WINDOW, 0, Given.monitor());
        }
        assertThat(watch.state()).isEqualTo(State.STEADY);
        assertThat(watch.windows()).isEqualTo(15);
    }

    @Test
    void driftEndsAfterAsManyCalmWindows() {
        RandomGenerator random = random(10);
        feed(random, REFERENCE, 0, Given.monitor());
        feed(random, 4 * WINDOW, 2, Given.monitor());
        assertThat(watch.state()).isEqualTo(State.DRIFTED);

        feed(random, 2 * WINDOW, 0, Given.monitor());
        assertThat(watch.state()).isEqualTo(State.DRIFTED);
        feed(random, WINDOW, 0, Given.monitor());

        assertThat(watch.state()).isEqualTo(State.STEADY);
        assertThat(watch.message()).isEmpty();
    }

    @Test
    void theReportShowsMeansRangesAndWhatIsOutside() {
        RandomGenerator random = random(11);
        feed(random, REFERENCE, 0, Given.monitor());
        feed(random, WINDOW, 10, Given.monitor());

        FeatureDrift first = watch.features(Given.monitor()).getFirst();

        assertThat(first.name()).isEqualTo("x[0]");
        assertThat(first.distance()).isGreaterThan(1).isGreaterThan(first.limit());
        assertThat(first.outside()).isGreaterThan(0.99);
        assertThat(first.reference().mean()).isBetween(-0.1, 0.1);
        assertThat(first.reference().variance()).isBetween(0.85, 1.15);
        assertThat(first.window().mean()).isBetween(9.8, 10.2);
        assertThat(first.window().min()).isGreaterThan(5);
        assertThat(watch.distance()).isGreaterThanOrEqualTo(first.distance());
    }
}
