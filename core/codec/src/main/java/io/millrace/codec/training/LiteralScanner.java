package io.millrace.codec.training;

import io.millrace.api.MillraceException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Goes through a text of Python literals and says where one ends. */
final class LiteralScanner {

    private static final int MAX_DEPTH = 32;
    private static final int SHOWN = 20;
    private static final String DIGITS = "[0-9](?:_?[0-9])*+";
    private static final String FRACTION =
            "(?:%1$s\\.(?:%1$s)?|\\.%1$s|%1$s)(?:[eE][+-]?%1$s)?".formatted(DIGITS);
    private static final Pattern NUMBER =
            Pattern.compile(
                    "0[xX](?:_?[0-9a-fA-F])++|0[oO](?:_?[0-7])++|0[bB](?:_?[01])++|" + FRACTION);
    private static final Pattern LEADING_ZEROS = Pattern.compile("0[0_]*[1-9][0-9_]*");

    private final String text;
    private int position;

    LiteralScanner(String text) {
        this.text = text;
    }

    /** Where the next token begins. */
    int position() {
        skipSpace();
        return position;
    }

    boolean isAtEnd() {
        skipSpace();
        return position == text.length();
    }

    void expect(char token, String wanted) {
        if (!take(token)) {
            throw expected(wanted);
        }
    }

    /** The name of an argument. */
    String name() {
        skipSpace();
        String word = word();
        if (word.isEmpty() || Character.isDigit(word.charAt(0))) {
            throw expected("the name of an argument, as in epochs=5");
        }
        position += word.length();
        return word;
    }

    /** One literal, as it is written. */
    String literal() {
        skipSpace();
        int start = position;
        skipLiteral(0);
        return text.substring(start, position);
    }

    private void skipLiteral(int depth) {
        if (depth > MAX_DEPTH) {
            throw wrongAt(position, "nested deeper than " + MAX_DEPTH);
        }
        skipSpace();
        char next = peek();
        switch (next) {
            case '[' -> skipItems(']', depth);
            case '(' -> skipItems(')', depth);
            case '{' -> skipPairs(depth);
            case '\'', '"' -> skipText(next);
            case '+', '-' -> {
                position++;
                skipNumber();
            }
            default -> {
                if (Character.isDigit(next) || next == '.') {
                    skipNumber();
                } else {
                    skipWord();
                }
            }
        }
    }

    private void skipItems(char end, int depth) {
        position++;
        while (!take(end)) {
            skipLiteral(depth + 1);
            if (!take(',') && peekToken() != end) {
                throw expected("',' or '" + end + "'");
            }
        }
    }

    private void skipPairs(int depth) {
        position++;
        while (!take('}')) {
            skipLiteral(depth + 1);
            expect(':', "':' behind a key");
            skipLiteral(depth + 1);
            if (!take(',') && peekToken() != '}') {
                throw expected("',' or '}'");
            }
        }
    }

    private void skipText(char quote) {
        int start = position;
        position++;
        while (position < text.length()) {
            char c = text.charAt(position);
            if (c == quote) {
                position++;
                return;
            }
            if (c == '\n') {
                break;
            }
            position += c == '\\' ? escapeLength() : 1;
        }
        throw wrongAt(start, "the text that begins here has no end");
    }

    private int escapeLength() {
        char kind = position + 1 < text.length() ? text.charAt(position + 1) : 0;
        int digits =
                switch (kind) {
                    case 'x' -> 2;
                    case 'u' -> 4;
                    case '\\', '\'', '"', 'n', 'r', 't', 'b', 'f', 'a', 'v', '0' -> 0;
                    default -> -1;
                };
        boolean isGood = digits >= 0;
        for (int i = 0; i < digits; i++) {
            int at = position + 2 + i;
            isGood &= at < text.length() && Character.digit(text.charAt(at), 16) >= 0;
        }
        if (!isGood) {
            throw wrongAt(position, "an escape that is not understood");
        }
        return 2 + digits;
    }

    private void skipNumber() {
        Matcher number = NUMBER.matcher(text).region(position, text.length());
        if (!number.lookingAt()) {
            throw expected("a number");
        }
        boolean goesOn = number.end() < text.length() && isNamePart(text.charAt(number.end()));
        if (goesOn || LEADING_ZEROS.matcher(number.group()).matches()) {
            throw expected("a number");
        }
        position = number.end();
    }

    private void skipWord() {
        String word = word();
        if (!word.equals("True") && !word.equals("False") && !word.equals("None")) {
            throw expected("a literal such as 5, 0.1, True, 'text' or [1, 2]");
        }
        position += word.length();
    }

    private boolean take(char token) {
        if (peekToken() != token) {
            return false;
        }
        position++;
        return true;
    }

    private char peekToken() {
        skipSpace();
        return peek();
    }

    private char peek() {
        return position < text.length() ? text.charAt(position) : 0;
    }

    private void skipSpace() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
    }

    private String word() {
        int end = position;
        while (end < text.length() && isNamePart(text.charAt(end))) {
            end++;
        }
        return text.substring(position, end);
    }

    static boolean isNamePart(char c) {
        return c == '_' || (c < 0x80 && Character.isLetterOrDigit(c));
    }

    private MillraceException expected(String wanted) {
        skipSpace();
        if (position == text.length()) {
            return wrongAt(position, "expected " + wanted + ", but the text ends");
        }
        String word = word();
        String got = word.isEmpty() ? text.substring(position, position + 1) : word;
        return wrongAt(
                position,
                "expected %s, got '%s'"
                        .formatted(wanted, got.substring(0, Math.min(SHOWN, got.length()))));
    }

    MillraceException wrongAt(int place, String what) {
        return MillraceException.invalid("at character %d: %s".formatted(place + 1, what));
    }
}
