package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.codec.scan.NumberScanner;

/**
 * Reads elements from the bytes of a JSON text. What is wrong or unusual is not taken, so that
 * Jackson reads it and says what there is to say.
 *
 * <p>Hot path: called for each element.
 */
final class NumberSource {

    /** Longer ones are Jackson's, which has a limit for them. */
    private static final int MAX_LENGTH = 900;

    private final byte[] json;
    private final boolean takesTokens;
    private final NumberScanner number = new NumberScanner();
    private float single;
    private double real;
    private long whole;

    /**
     * Reads from a text.
     *
     * @param takesTokens whether {@code NaN}, {@code Infinity} and {@code -Infinity} are numbers
     */
    NumberSource(byte[] json, boolean takesTokens) {
        this.json = json;
        this.takesTokens = takesTokens;
    }

    byte[] json() {
        return json;
    }

    int readFloat(int at) {
        int behind = number.scan(json, at);
        if (behind == NumberScanner.NONE) {
            return readToken(at);
        }
        single = number.toFloat();
        return number.length() <= MAX_LENGTH && Math.abs(single) <= Float.MAX_VALUE ? behind : NONE;
    }

    /** The one of {@link #readFloat}. */
    float single() {
        return single;
    }

    int readDouble(int at) {
        int behind = number.scan(json, at);
        if (behind == NumberScanner.NONE) {
            return readToken(at);
        }
        real = number.toDouble();
        return number.length() <= MAX_LENGTH && Math.abs(real) <= Double.MAX_VALUE ? behind : NONE;
    }

    /** The one of {@link #readDouble}. */
    double real() {
        return real;
    }

    int readWhole(int at, long min, long max) {
        int behind = number.scan(json, at);
        if (behind == NumberScanner.NONE
                || number.length() > MAX_LENGTH
                || !number.fits(min, max)) {
            return NONE;
        }
        whole = number.whole();
        return behind;
    }

    int readUnsigned(int at) {
        int behind = number.scan(json, at);
        if (behind == NumberScanner.NONE
                || number.length() > MAX_LENGTH
                || !number.fitsUnsigned()) {
            return NONE;
        }
        whole = number.whole();
        return behind;
    }

    int readBoolean(int at) {
        int behind = JsonBytes.word(json, at, "true");
        whole = behind == NONE ? 0 : 1;
        return behind == NONE ? JsonBytes.word(json, at, "false") : behind;
    }

    /** The one of {@link #readWhole} or {@link #readUnsigned}; 1 for true. */
    long whole() {
        return whole;
    }

    private int readToken(int at) {
        if (!takesTokens || at >= json.length) {
            return NONE;
        }
        return switch (json[at]) {
            case 'N' -> token(at, "NaN", Float.NaN);
            case 'I' -> token(at, "Infinity", Float.POSITIVE_INFINITY);
            case '-' -> token(at, "-Infinity", Float.NEGATIVE_INFINITY);
            default -> NONE;
        };
    }

    private int token(int at, String text, float value) {
        single = value;
        real = value;
        return JsonBytes.word(json, at, text);
    }
}
