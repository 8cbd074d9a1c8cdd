package io.millrace.codec.payload;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The single numbers of a model's answer. */
final class OutputNumbers {

    private static final ValueLayout.OfShort INT16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong INT64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private OutputNumbers() {}

    /** The element that comes next after another one in falling order; -1 for the first. */
    static int largest(Tensor.Numeric output, int first, int elements, int after) {
        double limit = after < 0 ? 0 : finite(output, first + after);
        int best = -1;
        double bestValue = 0;
        for (int i = 0; i < elements; i++) {
            double value = finite(output, first + i);
            boolean isLeft = after < 0 || value < limit || (value == limit && i > after);
            if (isLeft && (best < 0 || value > bestValue)) {
                best = i;
                bestValue = value;
            }
        }
        if (best < 0) {
            throw new MillraceException(
                    ErrorCode.USER_CODE, "the model answered no number for the item");
        }
        return best;
    }

    /** A number that JSON has. */
    static double finite(Tensor.Numeric output, int index) {
        double value = value(output, index);
        if (!Double.isFinite(value)) {
            throw new MillraceException(
                    ErrorCode.USER_CODE,
                    "the model answered " + value + ", which is neither ranked nor JSON");
        }
        return value;
    }

    /** Appends a number in the fewest digits of its own type. */
    static void append(StringBuilder text, Tensor.Numeric output, int index) {
        MemorySegment data = output.data();
        switch (output.type()) {
            case FP32, FP16, BF16 -> text.append((float) finite(output, index));
            case FP64 -> text.append(finite(output, index));
            case BOOL -> text.append(data.get(ValueLayout.JAVA_BYTE, index) != 0);
            case INT64 -> text.append(data.get(INT64, index * 8L));
            case UINT64 -> text.append(Long.toUnsignedString(data.get(INT64, index * 8L)));
            case UINT8, UINT16, UINT32, INT8, INT16, INT32 ->
                    text.append((long) value(output, index));
            case BYTES -> throw MillraceException.internal("text has no flat memory", null);
        }
    }

    private static double value(Tensor.Numeric tensor, int index) {
        MemorySegment data = tensor.data();
        return switch (tensor.type()) {
            case BOOL, UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case UINT16 -> data.get(INT16, index * 2L) & 0xffff;
            case INT16 -> data.get(INT16, index * 2L);
            case UINT32 -> data.get(INT32, index * 4L) & 0xffff_ffffL;
            case INT32 -> data.get(INT32, index * 4L);
            case UINT64 -> ElementWriter.unsignedToDouble(data.get(INT64, index * 8L));
            case INT64 -> data.get(INT64, index * 8L);
            case FP16 -> Float.float16ToFloat(data.get(INT16, index * 2L));
            case BF16 -> Float.intBitsToFloat(data.get(INT16, index * 2L) << 16);
            case FP32 -> Float.intBitsToFloat(data.get(INT32, index * 4L));
            case FP64 -> Double.longBitsToDouble(data.get(INT64, index * 8L));
            case BYTES -> throw MillraceException.internal("text has no flat memory", null);
        };
    }
}
