package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class DistancesTest {

    @Test
    void psiIsTheSumOverBins() {
        // by hand: (0.25 - 0.5) ln 0.5 + (0.75 - 0.5) ln 1.5
        assertThat(Distances.psi(new double[] {.5, .5}, new double[] {.25, .75}))
                .isCloseTo(0.27465307, within(1e-8));
        // by hand: (.1-.2) ln .5 + (.2-.3) ln(2/3) + (.7-.5) ln 1.4
        assertThat(Distances.psi(new double[] {.2, .3, .5}, new double[] {.1, .2, .7}))
                .isCloseTo(0.17715568, within(1e-8));
        assertThat(Distances.psi(new double[] {.2, .8}, new double[] {.2, .8})).isZero();
    }

    @Test
    void totalVariationIsHalfOfTheDifferences() {
        assertThat(Distances.totalVariation(new double[] {.2, .3, .5}, new double[] {.1, .2, .7}))
                .isCloseTo(0.2, within(1e-12));
    }

    @Test
    void noShareIsZero() {
        assertThat(Distances.shares(new double[] {0, 9}))
                .containsExactly(new double[] {0.05, 0.95}, within(1e-12));
    }

    @Test
    void quantilesOfChiSquaredAreThoseOfTheTables() {
        // The quantiles of 0.9999 are 15.137, 33.720, 37.367 and 67.633; the approximation is a
        // little high, and most with one degree, which is the side on which no alarm is false.
        assertThat(Distances.chiSquared(9)).isCloseTo(33.720, within(0.6));
        assertThat(Distances.chiSquared(11)).isCloseTo(37.367, within(0.6));
        assertThat(Distances.chiSquared(30)).isCloseTo(67.633, within(0.6));
        assertThat(Distances.chiSquared(1)).isBetween(15.137, 16.3);
    }

    @Test
    void chanceShrinksWithMoreRecords() {
        // sqrt(-0.5 ln(0.0001 / 2)) sqrt(1/5000 + 1/1000)
        assertThat(Distances.ksByChance(5_000, 1_000)).isCloseTo(0.07708, within(1e-4));
        assertThat(Distances.psiByChance(12, 5_000, 1_000)).isCloseTo(0.0448, within(1e-3));
        assertThat(Distances.psiByChance(12, 5_000, 100))
                .isGreaterThan(7 * Distances.psiByChance(12, 5_000, 1_000));
    }
}
