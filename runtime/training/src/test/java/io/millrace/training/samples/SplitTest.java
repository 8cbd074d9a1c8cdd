package io.millrace.training.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.SplitSpec;
import io.millrace.api.SplitSpec.Order;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SplitTest {

    @TempDir private Path folder;
    private int files;

    private record Parts(Split split, List<Long> train, List<Long> validation, List<Long> test) {}

    private Parts parts(SplitSpec spec, DataType type, int columns, double... labels)
            throws IOException {
        return parts(DividedRows::all, spec, type, columns, labels);
    }

    private Parts parts(
            LongFunction<DividedRows> divided,
            SplitSpec spec,
            DataType type,
            int columns,
            double... labels)
            throws IOException {
        Path inside = Files.createDirectory(folder.resolve("split" + files++));
        Path file = inside.resolve("y.npy");
        int rows = labels.length / columns;
        var label = new TensorSpec("y", type, Shape.of(-1, columns));
        try (NpyWriter writer = NpyWriter.create(file, type, label.shape())) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(labels.length * type.bytes())
                            .order(ByteOrder.LITTLE_ENDIAN);
            for (double each : labels) {
                if (type == DataType.UINT8) {
                    bytes.put((byte) each);
                } else {
                    bytes.putFloat((float) each);
                }
            }
            writer.write(bytes.flip(), rows);
            writer.finish();
        }
        Split split = Split.write(inside, spec, divided.apply(rows), label, file);
        assertThat(inside.resolve("order.tmp")).doesNotExist();
        return new Parts(
                split,
                Npy.rows(inside.resolve("train.npy")),
                Npy.rows(inside.resolve("validation.npy")),
                Npy.rows(inside.resolve("test.npy")));
    }

    private static void assertIsAPartition(Parts parts, int rows) {
        var all = new ArrayList<>(parts.train());
        all.addAll(parts.validation());
        all.addAll(parts.test());
        assertThat(all).hasSize(rows);
        assertThat(new HashSet<>(all)).hasSize(rows).allMatch(row -> row >= 0 && row < rows);
        assertThat(parts.train()).hasSize((int) parts.split().train());
        assertThat(parts.validation()).hasSize((int) parts.split().validation());
        assertThat(parts.test()).hasSize((int) parts.split().test());
    }

    /** What {@code int((1-(v+t))*n)} and {@code int(t*n)} gave in Python. */
    @ParameterizedTest
    @CsvSource({
        "7000, 0.1, 0.1, 5600, 700, 700",
        "10, 0.1, 0.2, 7, 1, 2",
        "10, 0.3, 0.3, 4, 3, 3",
        "1000, 0.7, 0.1, 200, 700, 100",
        "5, 0, 0, 5, 0, 0",
        "1, 0.2, 0, 0, 1, 0",
        "71994, 0.1, 0.1, 57595, 7200, 7199",
        "100, 0.29, 0.29, 42, 30, 28",
        "10, 0.1, 0.6, 3, 1, 6"
    })
    void countsAreThoseOfDoubles(
            int rows, double validation, double test, long train, long validated, long tested) {
        assertThat(Split.counts(new SplitSpec(validation, test, Order.AS_SENT, 0), rows))
                .isEqualTo(new Split(train, validated, tested, Order.AS_SENT));
    }

    @ParameterizedTest
    @EnumSource(Order.class)
    void onlyRowsThatAreDividedAreHeldBack(Order order) throws IOException {
        double[] labels = new double[100];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 4;
        }
        var spans = List.of(new DividedRows.Span(20, 40), new DividedRows.Span(80, 100));
        Parts parts =
                parts(
                        rows -> new DividedRows(spans, rows),
                        new SplitSpec(0.1, 0.2, order, 3),
                        DataType.UINT8,
                        1,
                        labels);

        assertIsAPartition(parts, 100);
        assertThat(parts.split()).isEqualTo(new Split(88, 4, 8, order));
        assertThat(parts.test()).allMatch(row -> row / 20 == 1 || row >= 80);
        assertThat(parts.validation()).allMatch(row -> row / 20 == 1 || row >= 80);
        assertThat(parts.train().subList(0, 60))
                .as("rows that are not divided come first, in order")
                .startsWith(0L, 1L)
                .contains(19L, 40L)
                .endsWith(79L)
                .isSorted();
        if (order == Order.STRATIFIED) {
            for (int label = 0; label < 4; label++) {
                int wanted = label;
                assertThat(parts.test()).filteredOn(row -> row % 4 == wanted).hasSize(2);
            }
        }
    }

    @Test
    void asSentKeepsTheOrder() throws IOException {
        Parts parts =
                parts(
                        new SplitSpec(0.2, 0.2, Order.AS_SENT, 1),
                        DataType.UINT8,
                        1,
                        0,
                        1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        7,
                        8,
                        9);
        assertIsAPartition(parts, 10);
        assertThat(parts.train()).isEqualTo(List.of(0L, 1L, 2L, 3L, 4L, 5L));
        assertThat(parts.test()).isEqualTo(List.of(6L, 7L));
        assertThat(parts.validation()).isEqualTo(List.of(8L, 9L));
    }

    @Test
    void eachPartGetsItsShareOfEachClass() throws IOException {
        double[] labels = new double[1000];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i < 500 ? 0 : i < 800 ? 1 : i < 990 ? 2 : 3; // as partitions hold them
        }
        Parts parts =
                parts(new SplitSpec(0.1, 0.2, Order.STRATIFIED, 3), DataType.UINT8, 1, labels);
        assertIsAPartition(parts, 1000);
        assertThat(parts.split().order()).isEqualTo(Order.STRATIFIED);
        int[] ofClass = {500, 300, 190, 10};
        for (int label = 0; label < 4; label++) {
            int wanted = label;
            long tested = parts.test().stream().filter(r -> labels[r.intValue()] == wanted).count();
            long validated =
                    parts.validation().stream().filter(r -> labels[r.intValue()] == wanted).count();
            assertThat(tested).isBetween(ofClass[label] / 5L - 1, ofClass[label] / 5L + 1);
            assertThat(validated).isBetween(ofClass[label] / 10L - 1, ofClass[label] / 10L + 1);
        }
        assertThat(parts.train()).isNotEqualTo(parts.train().stream().sorted().toList());
        assertThat(
                        parts.train().subList(0, 100).stream()
                                .filter(r -> labels[r.intValue()] == 0)
                                .count())
                .isBetween(30L, 70L);
    }

    @Test
    void theSameSeedGivesTheSamePartsAndAnotherOneOthers() throws IOException {
        double[] labels = new double[200];
        var spec = new SplitSpec(0.25, 0.25, Order.STRATIFIED, 11);
        Parts first = parts(spec, DataType.UINT8, 1, labels);
        assertThat(parts(spec, DataType.UINT8, 1, labels)).isEqualTo(first);
        assertThat(
                        parts(
                                        new SplitSpec(0.25, 0.25, Order.STRATIFIED, 12),
                                        DataType.UINT8,
                                        1,
                                        labels)
                                .train())
                .isNotEqualTo(first.train());
    }

    @Test
    void realValuesHaveNoStrata() throws IOException {
        double[] labels = new double[60];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i / 7.0;
        }
        Parts parts = parts(new SplitSpec(0.5, 0, Order.STRATIFIED, 1), DataType.FP32, 1, labels);
        assertIsAPartition(parts, 60);
        assertThat(parts.split().order()).isEqualTo(Order.SHUFFLED);
        double[] many = new double[3000];
        for (int i = 0; i < many.length; i++) {
            many[i] = i;
        }
        assertThat(
                        parts(new SplitSpec(0.5, 0, Order.STRATIFIED, 1), DataType.FP32, 1, many)
                                .split()
                                .order())
                .isEqualTo(Order.SHUFFLED);
        assertThat(
                        parts(new SplitSpec(0.5, 0, Order.SHUFFLED, 1), DataType.UINT8, 1, labels)
                                .split()
                                .order())
                .isEqualTo(Order.SHUFFLED);
    }

    @Test
    void wholeFloatsAndOneHotLabelsAreClasses() throws IOException {
        double[] whole = new double[100];
        double[] oneHot = new double[200];
        for (int i = 0; i < 100; i++) {
            whole[i] = i < 50 ? 1 : 2;
            oneHot[2 * i + (i < 50 ? 0 : 1)] = 1;
        }
        for (Parts parts :
                List.of(
                        parts(new SplitSpec(0.5, 0, Order.STRATIFIED, 1), DataType.FP32, 1, whole),
                        parts(
                                new SplitSpec(0.5, 0, Order.STRATIFIED, 1),
                                DataType.FP32,
                                2,
                                oneHot))) {
            assertIsAPartition(parts, 100);
            assertThat(parts.split().order()).isEqualTo(Order.STRATIFIED);
            assertThat(parts.train().stream().filter(row -> row < 50).count()).isEqualTo(25);
        }
    }
}
