package io.millrace.codec.payload;

import ch.randelshofer.fastdoubleparser.JavaDoubleParser;
import java.util.Arrays;

/**
 * A number that a sender wrote as text, read as Python's {@code float()} would: white space around
 * it, a sign, a point without digits on one side, an exponent, and {@code _} between digits.
 */
final class TextNumber {

    private byte[] plain = new byte[32];
    private double value;
    private boolean isNotFinite;

    private byte[] data = new byte[0];
    private int at;
    private int end;
    private int length;

    /** Reads the inside of a JSON text; false when it is no finite number. */
    boolean read(byte[] bytes, int start, int count) {
        data = bytes;
        at = start;
        end = start + count;
        length = 0;
        isNotFinite = false;
        while (at < end && isSpace(data[at])) {
            at++;
        }
        while (end > at && isSpace(data[end - 1])) {
            end--;
        }
        if (plain.length < end - at) {
            plain = Arrays.copyOf(plain, end - at);
        }
        sign();
        if (isWord("inf") || isWord("infinity") || isWord("nan")) {
            isNotFinite = true;
            return false;
        }
        if (!mantissa() || !exponent() || at != end) {
            return false;
        }
        value = JavaDoubleParser.parseDouble(plain, 0, length);
        isNotFinite = !Double.isFinite(value);
        return !isNotFinite;
    }

    /** What was read. */
    double value() {
        return value;
    }

    /** Whether what was refused is a number, but infinite or not one to compute with. */
    boolean isNotFinite() {
        return isNotFinite;
    }

    private void sign() {
        if (at < end && (data[at] == '+' || data[at] == '-')) {
            put();
        }
    }

    private boolean mantissa() {
        int before = digits();
        if (before < 0) {
            return false;
        }
        if (at < end && data[at] == '.') {
            put();
            int after = digits();
            return after >= 0 && before + after > 0;
        }
        return before > 0;
    }

    private boolean exponent() {
        if (at == end || (data[at] | 0x20) != 'e') {
            return true;
        }
        put();
        sign();
        return digits() > 0;
    }

    /** Takes digits with single underscores between them; gives how many, or -1. */
    private int digits() {
        int count = 0;
        while (at < end) {
            if (isDigit(at)) {
                put();
                count++;
            } else if (data[at] == '_' && count > 0) {
                if (at + 1 >= end || !isDigit(at + 1)) {
                    return -1;
                }
                at++;
            } else {
                break;
            }
        }
        return count;
    }

    private boolean isDigit(int index) {
        return data[index] >= '0' && data[index] <= '9';
    }

    private void put() {
        plain[length++] = data[at++];
    }

    private boolean isWord(String word) {
        if (end - at != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if ((data[at + i] | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }
}
