package io.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {

    @Test
    void scoresAgreeWhenEachRowHasTheSameLargest() {
        Tensor given = floats(Shape.of(2, 3), 0.1f, 0.7f, 0.2f, 9, 8, 7);
        assertThat(isSame(given, floats(Shape.of(2, 3), 0.3f, 0.4f, 0.3f, 3, 2, 1))).isTrue();
        assertThat(isSame(given, floats(Shape.of(2, 3), 0.3f, 0.4f, 0.3f, 3, 4, 1))).isFalse();
        assertThat(isSame(given, floats(Shape.of(2, 3), 0, 1, 0, Float.NaN, 0, 0))).isFalse();
        assertThat(isSame(given, floats(Shape.of(3, 2), 0, 1, 0, 1, 0, 1))).isFalse();
    }

    @Test
    void otherNumbersAgreeWithinAThousandth() {
        Shape column = Shape.of(2, 1);
        Tensor given = floats(column, 1000, -2);
        assertThat(isSame(given, floats(column, 1000.9f, -2))).isTrue();
        assertThat(isSame(given, floats(column, 1002, -2))).isFalse();
        assertThat(isSame(given, floats(column, Float.POSITIVE_INFINITY, -2))).isFalse();
        assertThat(isSame(given, floats(column, Float.NaN, -2))).isFalse();
        assertThat(isSame(floats(column, Float.NaN, 0), floats(column, Float.NaN, 1e-9f))).isTrue();
    }

    @Test
    void wholeNumbersAndStringsAgreeWhenTheyAreEqual() {
        assertThat(isSame(ints(1, 2), ints(1, 2))).isTrue();
        assertThat(isSame(ints(1, 2), ints(1, 3))).isFalse();
        assertThat(isSame(string("a"), string("a"))).isTrue();
        assertThat(isSame(string("a"), string("b"))).isFalse();
        assertThat(isSame(string("a"), ints(1, 2))).isFalse();
    }

    @Test
    void halfPrecisionCountsAsNumbers() {
        assertThat(isSame(shorts(DataType.BF16, 0x3f80), shorts(DataType.BF16, 0x3f80))).isTrue();
        assertThat(isSame(shorts(DataType.BF16, 0x3f80), shorts(DataType.BF16, 0x4000))).isFalse();
        assertThat(isSame(shorts(DataType.FP16, 0x0000), shorts(DataType.FP16, 0x8000))).isTrue();
    }

    @Test
    void allOutputsHaveToAgree() {
        assertThat(Agreement.isSame(List.of(ints(1), ints(2)), List.of(ints(1), ints(2)))).isTrue();
        assertThat(Agreement.isSame(List.of(ints(1), ints(2)), List.of(ints(1), ints(3))))
                .isFalse();
        assertThat(Agreement.isSame(List.of(ints(1)), List.of(ints(1), ints(3)))).isFalse();
    }

    private static boolean isSame(Tensor given, Tensor other) {
        return Agreement.isSame(List.of(given), List.of(other));
    }

    private static Tensor floats(Shape shape, float... values) {
        return Tensor.ofFloats(shape, values);
    }

    private static Tensor ints(int... values) {
        return new Tensor.Numeric(
                DataType.INT32, Shape.of(values.length), MemorySegment.ofArray(values));
    }

    private static Tensor shorts(DataType type, int value) {
        return new Tensor.Numeric(
                type, Shape.of(1), MemorySegment.ofArray(new short[] {(short) value}));
    }

    private static Tensor string(String value) {
        return new Tensor.Bytes(
                Shape.of(1), List.of(value.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }
}
