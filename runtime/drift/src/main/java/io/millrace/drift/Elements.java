package io.millrace.drift;

import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Elements of tensors as numbers. */
final class Elements {

    private static final double TWO_TO_64 = 0x1p64;

    private Elements() {}

    /** One element; of strings, how many bytes it has. */
    static double get(Tensor tensor, long index) {
        return switch (tensor) {
            case Tensor.Bytes strings -> strings.values().get((int) index).length;
            case Tensor.Numeric numbers -> get(numbers, index);
        };
    }

    private static double get(Tensor.Numeric numbers, long index) {
        MemorySegment data = numbers.data();
        return switch (numbers.type()) {
            case BOOL -> data.get(ValueLayout.JAVA_BYTE, index) == 0 ? 0 : 1;
            case UINT8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case INT8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case UINT16 -> data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2) & 0xffff;
            case INT16 -> data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2);
            case UINT32 ->
                    Integer.toUnsignedLong(data.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4));
            case INT32 -> data.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4);
            case UINT64 -> unsigned(data.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8));
            case INT64 -> data.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8);
            case FP16 ->
                    Float.float16ToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
            case BF16 ->
                    Float.intBitsToFloat(
                            data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2) << 16);
            case FP32 -> data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
            case FP64 -> data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
            case BYTES -> Double.NaN; // byte strings have no flat memory
        };
    }

    private static double unsigned(long value) {
        return value < 0 ? value + TWO_TO_64 : value;
    }

    /** The number of the largest of some elements. */
    static int largest(Tensor tensor, long from, long count) {
        int largest = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            double value = get(tensor, from + i);
            if (value > most) {
                most = value;
                largest = i;
            }
        }
        return largest;
    }
}
