package io.millrace.training.judge;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Numbers of any type, as doubles. */
final class Elements {

    private static final ValueLayout.OfShort INT16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong INT64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int HALF_OF_A_FLOAT = 16;

    private Elements() {}

    static double read(DataType type, MemorySegment from, long index) {
        long at = index * type.bytes();
        return switch (type) {
            case BOOL -> from.get(ValueLayout.JAVA_BYTE, at) == 0 ? 0 : 1;
            case UINT8 -> from.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            case INT8 -> from.get(ValueLayout.JAVA_BYTE, at);
            case UINT16 -> from.get(INT16, at) & 0xffff;
            case INT16 -> from.get(INT16, at);
            case UINT32 -> from.get(INT32, at) & 0xffff_ffffL;
            case INT32 -> from.get(INT32, at);
            // Beyond 2^53 neighbours fall together; no class and no reading is as great.
            case UINT64, INT64 -> from.get(INT64, at);
            case FP16 -> Float.float16ToFloat(from.get(INT16, at));
            case BF16 -> Float.intBitsToFloat(from.get(INT16, at) << HALF_OF_A_FLOAT);
            case FP32 -> Float.intBitsToFloat(from.get(INT32, at));
            case FP64 -> Double.longBitsToDouble(from.get(INT64, at));
            case BYTES -> throw noNumbers();
        };
    }

    static void write(DataType type, MemorySegment to, long index, double value) {
        long at = index * type.bytes();
        switch (type) {
            case BOOL -> to.set(ValueLayout.JAVA_BYTE, at, (byte) (value == 0 ? 0 : 1));
            case UINT8, INT8 -> to.set(ValueLayout.JAVA_BYTE, at, (byte) (long) value);
            case UINT16, INT16 -> to.set(INT16, at, (short) (long) value);
            case UINT32, INT32 -> to.set(INT32, at, (int) (long) value);
            case UINT64, INT64 -> to.set(INT64, at, (long) value);
            case FP16 -> to.set(INT16, at, Float.floatToFloat16((float) value));
            case BF16 ->
                    to.set(
                            INT16,
                            at,
                            (short) (Float.floatToIntBits((float) value) >>> HALF_OF_A_FLOAT));
            case FP32 -> to.set(INT32, at, Float.floatToIntBits((float) value));
            case FP64 -> to.set(INT64, at, Double.doubleToLongBits(value));
            case BYTES -> throw noNumbers();
        }
    }

    private static MillraceException noNumbers() {
        return new MillraceException(
                ErrorCode.UNSUPPORTED, "a model of texts cannot be judged: expected numbers");
    }
}
