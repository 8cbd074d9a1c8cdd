package io.millrace.stream.dead;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.spi.OffsetRange;
import java.util.TreeSet;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OffsetBitsTest {

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void isASetOfOffsets(long seed) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        var bits = new OffsetBits();
        var set = new TreeSet<Long>();
        long base = random.nextLong(1_000_000_000_000L);
        for (int i = 0; i < 3_000; i++) {
            long offset = base + random.nextLong(2_000);
            if (random.nextInt(200) == 0) {
                bits.forgetBefore(offset);
                set.headSet(offset).clear();
            } else {
                assertThat(bits.add(offset)).isEqualTo(set.add(offset));
            }
            assertThat(bits.size()).isEqualTo(set.size());
        }
        for (long offset = base - 100; offset < base + 2_100; offset++) {
            assertThat(bits.has(offset)).as("offset %d", offset).isEqualTo(set.contains(offset));
        }
        var ofRuns = new TreeSet<Long>();
        for (OffsetRange run : bits.runs()) {
            assertThat(run.length()).isPositive();
            for (long offset = run.from(); offset < run.to(); offset++) {
                assertThat(ofRuns.add(offset)).isTrue();
            }
        }
        assertThat(ofRuns).isEqualTo(set);
    }
}
