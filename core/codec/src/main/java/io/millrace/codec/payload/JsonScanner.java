package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import io.millrace.codec.scan.NumberScanner;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A place in a JSON payload. Strict: what is read or skipped is JSON, or it is refused.
 *
 * <p>Hot path: called for each element.
 */
final class JsonScanner {

    /** Deeper nesting is an attack or a mistake. */
    static final int MAX_DEPTH = 512;

    private static final int MAX_NUMBER_LENGTH = 1_000;

    private final long[] isObjectAtDepth = new long[MAX_DEPTH / Long.SIZE];
    private final NumberScanner number = new NumberScanner();
    private byte[] data = new byte[0];
    private int position;
    private int textStart;
    private int textEnd;
    private boolean textHasEscapes;

    void start(byte[] payload) {
        data = payload;
        position = 0;
    }

    int position() {
        return position;
    }

    void position(int place) {
        position = place;
    }

    byte[] data() {
        return data;
    }

    /** Goes to the next byte that is no white space and returns it, or -1 at the end. */
    int peek() {
        while (position < data.length) {
            byte b = data[position];
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b & 0xff;
            }
            position++;
        }
        return -1;
    }

    /** Takes the next token if it is this one. */
    boolean take(char token) {
        if (peek() != token) {
            return false;
        }
        position++;
        return true;
    }

    void expect(char token) {
        if (!take(token)) {
            throw unexpected("'" + token + "'");
        }
    }

    MillraceException unexpected(String wanted) {
        int next = peek();
        return next < 0
                ? MillraceException.invalid(
                        "JSON ends too early: expected %s at byte %d".formatted(wanted, position))
                : MillraceException.invalid(
                        "no valid JSON: expected %s at byte %d, got %s"
                                .formatted(wanted, position, FieldNames.shown(data, position, 1)));
    }

    boolean isNumberNext() {
        int next = peek();
        return next == '-' || (next >= '0' && next <= '9');
    }

    /** Reads a number; afterwards {@link #isWhole} says which of the two values holds it. */
    void readNumber() {
        int start = position;
        int end = number.scan(data, start);
        if (end == NumberScanner.NONE || (end < data.length && isNumberPart(data[end]))) {
            while (position < data.length && isNumberPart(data[position])) {
                position++;
            }
            throw noNumber(start);
        }
        position = end;
        if (number.length() > MAX_NUMBER_LENGTH) {
            throw noNumber(start);
        }
    }

    boolean isWhole() {
        return number.isPlainWhole();
    }

    long whole() {
        return number.whole();
    }

    double fraction() {
        return number.toDouble();
    }

    /** Whether the number is whole and 64 bits hold it; {@link #long64} gives it then. */
    boolean fitsLong() {
        return number.fits(Long.MIN_VALUE, Long.MAX_VALUE);
    }

    long long64() {
        return number.whole();
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean isNumberPart(byte b) {
        return isDigit(b) || b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-';
    }

    private MillraceException noNumber(int start) {
        return MillraceException.invalid(
                "no valid JSON: %s at byte %d is no number"
                        .formatted(FieldNames.shown(data, start, position - start), start));
    }

    /** Reads a text and remembers where its inside is. */
    void readText() {
        expect('"');
        textStart = position;
        textHasEscapes = false;
        while (position < data.length) {
            byte b = data[position];
            if (b == '"') {
                textEnd = position;
                position++;
                return;
            }
            if (b == '\\') {
                textHasEscapes = true;
                skipEscape();
            } else if (b >= 0 && b < 0x20) {
                throw MillraceException.invalid(
                        "no valid JSON: a bare control character in a text at byte " + position);
            } else {
                position++;
            }
        }
        throw MillraceException.invalid(
                "JSON ends too early: the text at byte %d has no end".formatted(textStart));
    }

    private void skipEscape() {
        int kind = position + 1 < data.length ? data[position + 1] : -1;
        switch (kind) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> position += 2;
            case 'u' -> {
                for (int i = 2; i < 6; i++) {
                    if (position + i >= data.length || hexDigit(data[position + i]) < 0) {
                        throw badEscape();
                    }
                }
                position += 6;
            }
            default -> throw badEscape();
        }
    }

    private MillraceException badEscape() {
        return MillraceException.invalid("no valid JSON: a bad escape at byte " + position);
    }

    private static int hexDigit(byte b) {
        return b < 0 ? -1 : Character.digit(b, 16);
    }

    int textStart() {
        return textStart;
    }

    int textLength() {
        return textEnd - textStart;
    }

    /** Whether the text that was read last is this one. */
    boolean textIs(byte[] expected) {
        if (!textHasEscapes) {
            return Arrays.equals(data, textStart, textEnd, expected, 0, expected.length);
        }
        return unescaped().equals(new String(expected, StandardCharsets.UTF_8));
    }

    /** The text that was read last. */
    String unescaped() {
        String raw = new String(data, textStart, textEnd - textStart, StandardCharsets.UTF_8);
        var out = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i);
            if (c != '\\') {
                out.append(c);
                i++;
                continue;
            }
            char escape = raw.charAt(i + 1);
            i += 2;
            switch (escape) {
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> {
                    out.append((char) Integer.parseInt(raw, i, i + 4, 16));
                    i += 4;
                }
                default -> out.append(escape);
            }
        }
        return out.toString();
    }

    /** Goes behind the next value, checking that it is JSON, without recursion. */
    void skip() {
        int depth = 0;
        while (true) {
            boolean isOpened = skipOne(depth);
            if (isOpened) {
                depth++;
                continue;
            }
            while (depth > 0 && take(closing(depth))) {
                depth--;
            }
            if (depth == 0) {
                return;
            }
            expect(',');
            if (isObject(depth)) {
                readText();
                expect(':');
            }
        }
    }

    /** Skips a value, or enters an array or object that is not empty; returns whether it did. */
    private boolean skipOne(int depth) {
        switch (peek()) {
            case '"' -> readText();
            case '[' -> {
                position++;
                return !take(']') && enter(depth + 1, false);
            }
            case '{' -> {
                position++;
                if (take('}')) {
                    return false;
                }
                enter(depth + 1, true);
                readText();
                expect(':');
                return true;
            }
            case 't' -> skipWord("true");
            case 'f' -> skipWord("false");
            case 'n' -> skipWord("null");
            default -> {
                if (!isNumberNext()) {
                    throw unexpected("a value");
                }
                readNumber();
            }
        }
        return false;
    }

    private boolean enter(int depth, boolean isObject) {
        if (depth >= MAX_DEPTH) {
            throw MillraceException.invalid(
                    "JSON nests deeper than %d at byte %d".formatted(MAX_DEPTH, position));
        }
        long bit = 1L << (depth & 63);
        if (isObject) {
            isObjectAtDepth[depth >> 6] |= bit;
        } else {
            isObjectAtDepth[depth >> 6] &= ~bit;
        }
        return true;
    }

    private boolean isObject(int depth) {
        return (isObjectAtDepth[depth >> 6] & (1L << (depth & 63))) != 0;
    }

    private char closing(int depth) {
        return isObject(depth) ? '}' : ']';
    }

    /** Takes a literal such as {@code true}. */
    void skipWord(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (position + i >= data.length || data[position + i] != word.charAt(i)) {
                throw unexpected(word);
            }
        }
        position += word.length();
    }

    /** The bytes from a place to here as text; refused when they are not UTF-8. */
    String textSince(int start) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data, start, position - start))
                    .toString();
        } catch (CharacterCodingException _) {
            throw MillraceException.invalid("the text at byte %d is not UTF-8".formatted(start));
        }
    }

    /** What the next value is, for messages. */
    String kind() {
        return switch (peek()) {
            case '"' -> "text";
            case '[' -> "an array";
            case '{' -> "an object";
            case 't', 'f' -> "a boolean";
            case 'n' -> "nothing (null)";
            case -1 -> "the end of the payload";
            default -> isNumberNext() ? "a number" : "no JSON";
        };
    }
}
