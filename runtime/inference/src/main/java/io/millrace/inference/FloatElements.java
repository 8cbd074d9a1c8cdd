package io.millrace.inference;

import io.millrace.api.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Elements of tensors of floats of any width. */
final class FloatElements {

    private FloatElements() {}

    /**
     * One element; the memory need not be aligned.
     *
     * @throws IllegalArgumentException for a type that is no float
     */
    static double get(DataType type, MemorySegment data, long index) {
        return switch (type) {
            case FP64 -> data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * Double.BYTES);
            case FP32 -> data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
            case FP16 ->
                    Float.float16ToFloat(
                            data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * Short.BYTES));
            case BF16 ->
                    Float.intBitsToFloat(
                            data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * Short.BYTES) << 16);
            case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, BYTES ->
                    throw new IllegalArgumentException(type + " is no float");
        };
    }
}
