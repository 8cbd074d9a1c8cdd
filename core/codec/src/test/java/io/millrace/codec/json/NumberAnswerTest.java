package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.json.InferenceRequest.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The quick writer writes what Jackson writes. */
@Timeout(120)
final class NumberAnswerTest {

    private static final List<DataType> NUMBERS =
            Arrays.stream(DataType.values()).filter(type -> type != DataType.BYTES).toList();

    /** Written often enough for a million floats of any bits. */
    @Test
    void writesFloatsOfAnyBits() {
        RandomGenerator random = random(7);
        for (int i = 0; i < 50; i++) {
            byte[] bits = new byte[4 * 20_000];
            random.nextBytes(bits);
            assertSame(List.of(tensor(DataType.FP32, Shape.of(20_000), bits)), Layout.ROWS);
        }
    }

    @Test
    void writesDoublesOfAnyBits() {
        byte[] bits = new byte[8 * 20_000];
        random(8).nextBytes(bits);
        assertSame(List.of(tensor(DataType.FP64, Shape.of(100, 200), bits)), Layout.COLUMNS);
    }

    @Test
    void writesEveryHalfFloat() {
        byte[] bits = new byte[2 << 16];
        for (int i = 0; i < 1 << 16; i++) {
            bits[2 * i] = (byte) i;
            bits[2 * i + 1] = (byte) (i >> 8);
        }
        for (DataType type :
                List.of(DataType.FP16, DataType.BF16, DataType.INT16, DataType.UINT16)) {
            assertSame(List.of(tensor(type, Shape.of(1 << 16), bits)), Layout.ROWS);
        }
    }

    @Test
    void writesAllTypesShapesAndLayouts() {
        for (int seed = 0; seed < 5_000; seed++) {
            RandomGenerator random = random(seed);
            var outputs = new ArrayList<Tensor>();
            boolean haveSameRows = random.nextInt(4) > 0;
            long rows = random.nextInt(4);
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                long[] extents = new long[random.nextInt(haveSameRows ? 1 : 0, 4)];
                Arrays.setAll(extents, axis -> random.nextInt(4));
                if (haveSameRows) {
                    extents[0] = rows;
                }
                DataType type = NUMBERS.get(random.nextInt(NUMBERS.size()));
                Shape shape = Shape.of(extents);
                byte[] bits = new byte[(int) shape.elements() * type.bytes()];
                random.nextBytes(bits);
                outputs.add(tensor(type, shape, bits));
            }
            assertSame(outputs, random.nextBoolean() ? Layout.ROWS : Layout.COLUMNS);
        }
    }

    @Test
    void leavesTextAndOddNamesToJackson() {
        Tensor number = tensor(DataType.INT8, Shape.of(1), new byte[1]);
        Tensor text = new Tensor.Bytes(Shape.of(1), List.of(new byte[1]));
        assertThat(NumberAnswer.canWrite(signature("a", "b"), List.of(number, number))).isTrue();
        assertThat(NumberAnswer.canWrite(signature("a", "b"), List.of(number, text))).isFalse();
        for (String name : List.of("\"", "\\", "\n", "/", "\u00e9", "\ud800")) {
            assertThat(NumberAnswer.canWrite(signature("a", name), List.of(number, number)))
                    .isFalse();
        }
    }

    private static void assertSame(List<Tensor> outputs, Layout layout) {
        Signature signature = signature("a", "b c", "c.d:0");
        assertThat(NumberAnswer.canWrite(signature, outputs)).isTrue();
        assertThat(NumberAnswer.write(signature, outputs, layout))
                .isEqualTo(new AnswerWriter(signature, outputs).write(layout));
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private static Tensor tensor(DataType type, Shape shape, byte[] bits) {
        return new Tensor.Numeric(type, shape, MemorySegment.ofArray(bits));
    }

    private static Signature signature(String... names) {
        var outputs = new ArrayList<TensorSpec>();
        for (String name : names) {
            outputs.add(new TensorSpec(name, DataType.FP32, Shape.of(-1)));
        }
        return new Signature("s", List.of(), outputs);
    }
}
