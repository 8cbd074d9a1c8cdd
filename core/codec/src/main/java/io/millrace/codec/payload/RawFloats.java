package io.millrace.codec.payload;

import io.millrace.api.tensor.DataType;
import org.jspecify.annotations.Nullable;

/**
 * The common conversions of raw numbers to 32-bit floats, in loops that the compiler can make
 * short: bytes by a table, floats as they are. What they give is what {@link ElementWriter} gives,
 * element by element; it is also asked when a number does not fit, since it knows the words.
 *
 * <p>Hot path.
 */
final class RawFloats {

    private static final int BYTE_VALUES = 256;
    private static final int EXPONENT = 0x7f80_0000;

    /** The bits for each byte; empty when the source has floats. */
    private final int[] table;

    private RawFloats(int[] table) {
        this.table = table;
    }

    /** The conversion of one pair of types, or null when there is none. */
    static @Nullable RawFloats of(DataType source, DataType target, double scale) {
        if (target != DataType.FP32) {
            return null;
        }
        if (source == DataType.FP32) {
            return scale == 1.0 ? new RawFloats(new int[0]) : null;
        }
        if (source != DataType.UINT8 && source != DataType.INT8) {
            return null;
        }
        var table = new int[BYTE_VALUES];
        for (int bits = 0; bits < BYTE_VALUES; bits++) {
            double number = source == DataType.UINT8 ? bits : (byte) bits;
            float scaled = (float) (number * scale);
            if (!Float.isFinite(scaled)) {
                return null;
            }
            table[bits] = Float.floatToRawIntBits(scaled);
        }
        return new RawFloats(table);
    }

    /**
     * Converts all of a payload.
     *
     * @return whether each number fitted; what is at the target is undefined otherwise
     */
    boolean convert(byte[] payload, byte[] target, int start) {
        return table.length == 0 ? copy(payload, target, start) : look(payload, target, start);
    }

    private boolean look(byte[] payload, byte[] target, int start) {
        int[] bits = table;
        int at = start;
        int i = 0;
        for (; i + 1 < payload.length; i += 2, at += 2 * Float.BYTES) {
            long low = bits[payload[i] & 0xff] & 0xffff_ffffL;
            long high = (long) bits[payload[i + 1] & 0xff] << Integer.SIZE;
            ElementWriter.INT64.set(target, at, low | high);
        }
        if (i < payload.length) {
            ElementWriter.INT32.set(target, at, bits[payload[i] & 0xff]);
        }
        return true;
    }

    private static boolean copy(byte[] payload, byte[] target, int start) {
        boolean isFinite = true;
        for (int at = 0; at < payload.length; at += Float.BYTES) {
            isFinite &= ((int) ElementWriter.INT32.get(payload, at) & EXPONENT) != EXPONENT;
        }
        System.arraycopy(payload, 0, target, start, payload.length);
        return isFinite;
    }
}
