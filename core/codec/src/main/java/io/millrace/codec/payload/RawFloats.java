package io.millrace.codec.payload;

import io.millrace.api.tensor.DataType;
import org.jspecify.annotations.Nullable;

/**
 * The common conversions of raw numbers to 32-bit floats, in loops that the compiler does several
 * numbers at a time. What they give is what {@link ElementWriter} gives, element by element; it is
 * also asked when a number does not fit, since it knows the words.
 *
 * <p>Hot path.
 */
final class RawFloats {

    private static final int LARGEST_BYTE = 255;
    private static final int WITHOUT_SIGN = 0x7fff_ffff;
    private static final int INFINITE = 0x7f80_0000;

    private final DataType source;
    private final double scale;

    private RawFloats(DataType source, double scale) {
        this.source = source;
        this.scale = scale;
    }

    /** The conversion of one pair of types, or null when there is none. */
    static @Nullable RawFloats of(DataType source, DataType target, double scale) {
        boolean isKnown =
                switch (source) {
                    case UINT8, INT8 -> Float.isFinite((float) (LARGEST_BYTE * scale));
                    case FP32 -> scale == 1.0;
                    default -> false;
                };
        return isKnown && target == DataType.FP32 ? new RawFloats(source, scale) : null;
    }

    /**
     * Converts all of a payload.
     *
     * @return whether each number fitted; what is at the target is undefined otherwise
     */
    boolean convert(byte[] payload, byte[] target, int start) {
        return switch (source) {
            case UINT8 -> unsignedBytes(payload, target, start, scale);
            case INT8 -> signedBytes(payload, target, start, scale);
            default -> floats(payload, target, start);
        };
    }

    private static boolean unsignedBytes(byte[] payload, byte[] target, int start, double scale) {
        for (int i = 0; i < payload.length; i++) {
            float scaled = (float) ((payload[i] & 0xff) * scale);
            ElementWriter.FP32.set(target, start + i * Float.BYTES, scaled);
        }
        return true;
    }

    private static boolean signedBytes(byte[] payload, byte[] target, int start, double scale) {
        for (int i = 0; i < payload.length; i++) {
            float scaled = (float) (payload[i] * scale);
            ElementWriter.FP32.set(target, start + i * Float.BYTES, scaled);
        }
        return true;
    }

    private static boolean floats(byte[] payload, byte[] target, int start) {
        int largest = 0;
        for (int i = 0; i < payload.length / Float.BYTES; i++) {
            int bits = (int) ElementWriter.INT32.get(payload, i * Float.BYTES);
            largest = Math.max(largest, bits & WITHOUT_SIGN);
        }
        System.arraycopy(payload, 0, target, start, payload.length);
        return largest < INFINITE;
    }
}
