package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.api.MonitorSpec.Distance;
import io.millrace.spi.DriftReport.Facts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

final class ColumnTest {

    private static Column numbers(int count, IntToDoubleFunction value) {
        return filled(Feature.Kind.NUMBER, count, value);
    }

    private static Column classes(int count, IntToDoubleFunction value) {
        return filled(Feature.Kind.CLASS, count, value);
    }

    private static Column filled(Feature.Kind kind, int count, IntToDoubleFunction value) {
        Column column = Column.of(kind);
        for (int i = 0; i < count; i++) {
            column.add(value.applyAsDouble(i));
        }
        return column;
    }

    @Test
    void ksIsTheLargestGapOfTheDistributionFunctions() {
        // by hand: at 29 the distribution functions are 0.3 and 0
        assertThat(numbers(100, i -> i).distance(numbers(100, i -> i + 30), Distance.KS))
                .isCloseTo(0.3, within(1e-9));
        assertThat(numbers(100, i -> i).distance(numbers(100, i -> i), Distance.KS)).isZero();
        assertThat(numbers(100, i -> i).distance(numbers(100, i -> i + 500), Distance.KS))
                .isEqualTo(1);
        // Equal values, in samples of two sizes; by hand F(1) is 2/3 and 1.
        assertThat(numbers(300, i -> i % 3).distance(numbers(90, i -> i % 3), Distance.KS))
                .isCloseTo(0, within(1e-9));
        assertThat(numbers(300, i -> i % 3).distance(numbers(90, i -> i % 2), Distance.KS))
                .isCloseTo(1 / 3.0, within(1e-9));
    }

    @Test
    void psiCountsTheTenthsOfTheReference() {
        Column reference = numbers(1_000, i -> i);

        assertThat(reference.distance(numbers(1_000, i -> i), Distance.PSI)).isLessThan(1e-3);
        // All values in the upper half: five bins of a tenth are empty, five hold a fifth. By hand,
        // with half a record in each of the thirteen bins:
        // 5 (0.5 - 100.5) / 1006.5 ln(0.5 / 100.5) + 5 (200.5 - 100.5) / 1006.5 ln(200.5 / 100.5)
        assertThat(reference.distance(numbers(1_000, i -> 500 + i / 2), Distance.PSI))
                .isCloseTo(2.978, within(0.08));
    }

    @Test
    void whatIsBeyondTheReferenceCounts() {
        Column constant = numbers(1_000, _ -> 7);

        assertThat(constant.distance(numbers(1_000, _ -> 7), Distance.PSI)).isLessThan(1e-9);
        assertThat(constant.distance(numbers(1_000, _ -> 6.99), Distance.PSI)).isGreaterThan(5);
        assertThat(constant.distance(numbers(1_000, _ -> 7.01), Distance.PSI)).isGreaterThan(5);
        assertThat(constant.outside(numbers(1_000, i -> i < 250 ? 6 : i < 300 ? 8 : 7)))
                .isCloseTo(0.3, within(1e-9));
    }

    @Test
    void aFeatureThatIsMostlyZeroIsComparedToo() {
        Column reference = numbers(2_000, i -> i % 10 == 0 ? i : 0);

        assertThat(reference.distance(numbers(1_000, i -> i % 10 == 0 ? 2 * i : 0), Distance.PSI))
                .isLessThan(0.02);
        assertThat(reference.distance(numbers(1_000, i -> i % 2 == 0 ? 2 * i : 0), Distance.PSI))
                .isGreaterThan(0.5);
    }

    @Test
    void valuesThatAreNoNumbersAreADifference() {
        Column reference = numbers(1_000, i -> i);
        Column broken = numbers(1_000, i -> i % 2 == 0 ? Double.NaN : i);

        assertThat(reference.distance(broken, Distance.KS)).isCloseTo(0.5, within(1e-9));
        assertThat(reference.distance(broken, Distance.PSI)).isGreaterThan(2);
        assertThat(broken.facts().notFinite()).isEqualTo(500);
    }

    @Test
    void factsAreExact() {
        Facts facts = numbers(5, i -> 2 + i).facts(); // 2 3 4 5 6

        assertThat(facts).isEqualTo(new Facts(5, 4, 2.5, 2, 6, 0));
        assertThat(Column.of(Feature.Kind.NUMBER).facts()).isEqualTo(Facts.NONE);
    }

    @Test
    void classesAreComparedByTheirShares() {
        Column reference = classes(1_000, i -> i % 4);

        assertThat(reference.distance(classes(1_000, i -> i % 4), Distance.PSI)).isLessThan(1e-9);
        assertThat(reference.distance(classes(1_000, i -> i % 2), Distance.KS))
                .isCloseTo(0.5, within(0.01));
        assertThat(reference.outside(classes(1_000, i -> i % 5))).isCloseTo(0.2, within(1e-9));
        assertThat(reference.distance(classes(1_000, i -> i % 5), Distance.PSI))
                .isGreaterThan(reference.byChance(reference, Distance.PSI));
    }

    @Test
    void columnsAreReadBackAsTheyWere() throws IOException {
        for (Feature.Kind kind : Feature.Kind.values()) {
            Column column = filled(kind, 3_000, i -> i == 5 ? Double.NaN : i % 977);
            var bytes = new ByteArrayOutputStream();
            column.write(new DataOutputStream(bytes));

            Column read =
                    Column.read(
                            kind,
                            new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));

            assertThat(read.facts()).isEqualTo(column.facts());
            assertThat(read.count()).isEqualTo(3_000);
            assertThat(column.distance(read, Distance.KS)).isLessThan(1e-9);
            assertThat(bytes.size()).isLessThan(20_000);
        }
    }
}
