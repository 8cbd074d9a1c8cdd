package io.millrace.codec.scan;

import ch.randelshofer.fastdoubleparser.JavaFloatParser;
import ch.randelshofer.fastdoubleparser.JsonDoubleParser;

/**
 * Reads one JSON number after another from bytes. It checks the grammar while it collects the
 * digits; what they mean is worked out for the type that is asked for, exactly rounded.
 *
 * <p>Hot path: called for each element. It allocates nothing and throws nothing.
 */
public final class NumberScanner {

    /** There is no number at the place. */
    public static final int NONE = -1;

    /** So many digits fit into a long, whatever they are. */
    private static final int MAX_PLAIN_DIGITS = 18;

    private static final int MAX_EXPONENT = 1_000_000;
    private static final long MAX_EXACT_DOUBLE = 1L << 53;
    private static final long TEN_TO_19 = 0x8ac7230489e80000L; // as an unsigned long

    /** The bits of a double that rounding to float drops, and the value halfway. */
    private static final long DROPPED_BITS = 0x1fff_ffffL;

    private static final long HALFWAY = 0x1000_0000L;

    /** More than the two roundings of {@link #near} can be wrong by, in the last place. */
    private static final long DOUBT = 4;

    /** The powers of ten that a double holds exactly. */
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };

    private byte[] data = new byte[0];
    private int start;
    private int end;

    /** All digits without the point; right when {@link #isPlain}, else modulo 2^64. */
    private long digits;

    private int exponent;
    private boolean isNegative;
    private boolean isWhole;
    private boolean isPlain;
    private long whole;

    /**
     * Reads the number that begins at a place.
     *
     * @return the place behind it, or {@link #NONE} when none begins there
     */
    public int scan(byte[] bytes, int from) {
        int at = from;
        boolean hasSign = at < bytes.length && bytes[at] == '-';
        if (hasSign) {
            at++;
        }
        int first = at;
        long value = 0;
        int digit;
        while (at < bytes.length && (digit = bytes[at] - '0') >= 0 && digit <= 9) {
            value = value * 10 + digit;
            at++;
        }
        int count = at - first;
        if (count == 0 || (count > 1 && bytes[first] == '0')) {
            return NONE;
        }
        int scale = 0;
        boolean isInteger = true;
        if (at < bytes.length && bytes[at] == '.') {
            int point = ++at;
            while (at < bytes.length && (digit = bytes[at] - '0') >= 0 && digit <= 9) {
                value = value * 10 + digit;
                at++;
            }
            scale = point - at;
            if (scale == 0) {
                return NONE;
            }
            count -= scale;
            isInteger = false;
        }
        data = bytes;
        start = from;
        end = at;
        isNegative = hasSign;
        isWhole = isInteger;
        digits = value;
        exponent = scale;
        isPlain = count <= MAX_PLAIN_DIGITS || significant(first, at) <= MAX_PLAIN_DIGITS;
        return at < bytes.length && (bytes[at] | 0x20) == 'e' ? scanExponent() : at;
    }

    private int scanExponent() {
        int at = end + 1;
        boolean isDown = at < data.length && data[at] == '-';
        if (isDown || (at < data.length && data[at] == '+')) {
            at++;
        }
        int first = at;
        int value = 0;
        while (at < data.length && data[at] >= '0' && data[at] <= '9') {
            value = Math.min(MAX_EXPONENT, value * 10 + (data[at] - '0'));
            at++;
        }
        if (at == first) {
            return NONE;
        }
        isWhole = false;
        exponent += isDown ? -value : value;
        end = at;
        return at;
    }

    /** How many digits follow the leading zeros. */
    private int significant(int from, int to) {
        int at = from;
        int points = 0;
        while (at < to && (data[at] == '0' || data[at] == '.')) {
            points += data[at] == '.' ? 1 : 0;
            at++;
        }
        return to - at - (points == 0 && !isWhole ? 1 : 0);
    }

    /** How many bytes it took. */
    public int length() {
        return end - start;
    }

    /** Whether it has neither fraction nor exponent, and few enough digits for a long. */
    public boolean isPlainWhole() {
        return isWhole && isPlain;
    }

    /** The whole number: of {@link #isPlainWhole}, or of the last that fitted. */
    public long whole() {
        return isPlainWhole() ? signed() : whole;
    }

    private long signed() {
        return isNegative ? -digits : digits;
    }

    /**
     * Whether it is a whole number between two bounds. {@code 3.0} is one; with a fraction or an
     * exponent it is trusted up to 2^53.
     */
    public boolean fits(long min, long max) {
        if (isPlainWhole()) {
            whole = signed();
        } else if (isWhole) {
            if (!isExact64() || (isNegative ? digits - 1 < 0 : digits < 0)) {
                return false;
            }
            whole = signed();
        } else {
            double value = toDouble();
            if (value != Math.rint(value) || Math.abs(value) > MAX_EXACT_DOUBLE) {
                return false;
            }
            whole = (long) value;
        }
        return whole >= min && whole <= max;
    }

    /** Whether it is a whole number of 64 bits without sign; {@link #whole} gives the bits. */
    public boolean fitsUnsigned() {
        if (isWhole && !isPlain && !isNegative && isExact64()) {
            whole = digits;
            return true;
        }
        return fits(0, Long.MAX_VALUE);
    }

    /** Whether the digits of a whole number are right as 64 bits without sign. */
    private boolean isExact64() {
        int count = length() - (isNegative ? 1 : 0);
        if (count <= MAX_PLAIN_DIGITS + 1) {
            return true;
        }
        // From 2^64 on, what is left modulo 2^64 is below 10^19 as long as the first digit is 1.
        return count == MAX_PLAIN_DIGITS + 2
                && data[end - count] == '1'
                && Long.compareUnsigned(digits, TEN_TO_19) >= 0;
    }

    /**
     * The nearest float, ties to even; infinite when it is too large. As a whole number has no
     * negative zero, {@code -0} is 0 and {@code -0.0} is not.
     */
    public float toFloat() {
        if (isPlain && exponent >= -22 && exponent <= 22) {
            if (digits == 0) {
                return isNegative && !isWhole ? -0f : 0f;
            }
            double near = near(); // 1e-22 or more: far from what a float cannot hold in full
            long doubt = (Double.doubleToRawLongBits(near) & DROPPED_BITS) - HALFWAY;
            if ((doubt > DOUBT || doubt < -DOUBT) && near < 0x1p127) {
                return isNegative ? -(float) near : (float) near;
            }
        }
        return JavaFloatParser.parseFloat(data, start, end - start);
    }

    /** The nearest double, ties to even; infinite when it is too large. */
    public double toDouble() {
        if (isPlain && exponent >= -22 && exponent <= 22 && digits <= MAX_EXACT_DOUBLE) {
            if (digits == 0) {
                return isNegative && !isWhole ? -0.0 : 0.0;
            }
            return isNegative ? -near() : near();
        }
        return JsonDoubleParser.parseDouble(data, start, end - start);
    }

    /** Rounded once when the digits are exact as a double, else twice. */
    private double near() {
        return exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
    }
}
