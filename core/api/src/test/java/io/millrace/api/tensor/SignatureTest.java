package io.millrace.api.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureTest {

    private static final Signature SIGNATURE =
            new Signature(
                    Signature.DEFAULT,
                    List.of(
                            new TensorSpec("x", DataType.FP32, Shape.of(Shape.ANY, 2)),
                            new TensorSpec("name", DataType.BYTES, Shape.of(Shape.ANY))),
                    List.of(new TensorSpec("y", DataType.FP32, Shape.of(Shape.ANY, 10))));

    private static final Tensor NAME = new Tensor.Bytes(Shape.of(1), List.of(new byte[0]));

    @Test
    void takesWhatFits() {
        SIGNATURE.check(List.of(floats(1, 2), NAME));
        SIGNATURE.check(List.of(floats(7, 2), NAME));
    }

    @Test
    void saysWhatItExpectedAndWhatCame() {
        assertRefused(
                List.of(floats(1, 2)),
                "signature 'serving_default' takes 2 inputs [x, name], received 1");
        assertRefused(
                List.of(floats(1, 3), NAME),
                "input 'x': expected float32[-1,2], received float32[1,3]");
        assertRefused(
                List.of(floats(2), NAME), "input 'x': expected float32[-1,2], received float32[2]");
        assertRefused(List.of(NAME, NAME), "input 'x': expected float32[-1,2], received string[1]");
        assertRefused(
                List.of(floats(1, 2), floats(1)),
                "input 'name': expected string[-1], received float32[1]");
    }

    @Test
    void refusesTensorsThatHoldNothing() {
        assertRefused(
                List.of(floats(0, 2), NAME),
                "input 'x' is empty: expected float32[-1,2], received float32[0,2]");
    }

    @Test
    void allocatesNothingWhenAllIsWell() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        List<Tensor> inputs = List.of(floats(1, 2), NAME);
        for (int i = 0; i < 20_000; i++) {
            SIGNATURE.check(inputs);
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            SIGNATURE.check(inputs);
        }
        long each = (threads.getCurrentThreadAllocatedBytes() - before) / 10_000;
        assertThat(each).isZero();
    }

    @Test
    void tensorsWhoseBytesCannotBeCountedAreTooLarge() {
        MemorySegment nothing = MemorySegment.ofArray(new byte[0]);
        for (long[] extents :
                new long[][] {
                    {1L << 61}, {1L << 62, 1}, {1L << 31, 1L << 31}, {1L << 40, 1 << 30}
                }) {
            Shape shape = Shape.of(extents);
            // Without care eight bytes times 2^61 are none, and so many elements fit in nothing.
            assertThatThrownBy(() -> new Tensor.Numeric(DataType.FP64, shape, nothing))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
        }
        Shape large = Shape.of(1L << 31);
        assertThat(Tensor.byteSize(DataType.FP32, large)).isEqualTo(1L << 33);
        assertThatThrownBy(() -> new Tensor.Numeric(DataType.FP32, large, nothing))
                .hasMessageContaining("takes 8589934592 bytes, got 0");
        assertThatThrownBy(() -> new Tensor.Bytes(large, List.of()))
                .hasMessageContaining("takes 2147483648 strings, got 0");
    }

    private static Tensor floats(long... extents) {
        Shape shape = Shape.of(extents);
        return Tensor.ofFloats(shape, new float[Math.toIntExact(shape.elements())]);
    }

    private static void assertRefused(List<Tensor> inputs, String says) {
        assertThatThrownBy(() -> SIGNATURE.check(inputs))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID))
                .hasMessage(says);
    }
}
