package io.millrace.training.samples;

import io.millrace.api.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Labels on disk, one key of 64 bits for each row: equal labels have equal keys. */
final class Labels {

    private static final ValueLayout.OfLong INT64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort INT16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME = 0x0000_0100_0000_01b3L;
    private static final long BASIS = 0xcbf2_9ce4_8422_2325L;

    private final MemorySegment values;
    private final DataType type;
    private final long rowBytes;

    /**
     * Labels of some type.
     *
     * @param values of all rows
     */
    Labels(MemorySegment values, DataType type, long rowBytes) {
        this.values = values;
        this.type = type;
        this.rowBytes = rowBytes;
    }

    /** The key of a row. */
    long key(long row) {
        long at = row * rowBytes;
        if (rowBytes == type.bytes()) {
            return scalar(at);
        }
        long hash = BASIS;
        for (long i = 0; i < rowBytes; i++) {
            hash = (hash ^ values.get(ValueLayout.JAVA_BYTE, at + i)) * PRIME;
        }
        return hash;
    }

    private long scalar(long at) {
        return switch (type.bytes()) {
            case 1 -> values.get(ValueLayout.JAVA_BYTE, at);
            case 2 -> values.get(INT16, at);
            case 4 -> values.get(INT32, at);
            default -> values.get(INT64, at);
        };
    }

    /** Whether a row is one number with a fraction: such labels are no classes. */
    boolean hasFraction(long row) {
        if (rowBytes != type.bytes() || !type.isFloat()) {
            return false;
        }
        long bits = scalar(row * rowBytes);
        double value =
                switch (type) {
                    case FP16 -> Float.float16ToFloat((short) bits);
                    case FP32 -> Float.intBitsToFloat((int) bits);
                    default -> Double.longBitsToDouble(bits);
                };
        return value != Math.rint(value);
    }
}
