package io.millrace.codec.training;

import io.millrace.api.MillraceException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Literals of Python, and lists of named ones such as {@code epochs=5, shuffle=True}. They are
 * checked and kept as text: nothing here or later runs them.
 */
public final class PythonLiterals {

    /** The longest text that is read. */
    public static final int MAX_LENGTH = 4096;

    private static final Set<String> KEYWORDS =
            Set.of(
                    "False",
                    "None",
                    "True",
                    "and",
                    "as",
                    "assert",
                    "async",
                    "await",
                    "break",
                    "class",
                    "continue",
                    "def",
                    "del",
                    "elif",
                    "else",
                    "except",
                    "finally",
                    "for",
                    "from",
                    "global",
                    "if",
                    "import",
                    "in",
                    "is",
                    "lambda",
                    "nonlocal",
                    "not",
                    "or",
                    "pass",
                    "raise",
                    "return",
                    "try",
                    "while",
                    "with",
                    "yield");

    private PythonLiterals() {}

    /**
     * Reads {@code name=literal, name=literal}; nothing but space is no argument.
     *
     * @return the literals as they are written, by name, in order
     * @throws MillraceException {@code INVALID}, with the position of what is wrong
     */
    public static Map<String, String> arguments(String text) {
        checkLength(text);
        var in = new LiteralScanner(text);
        var arguments = new LinkedHashMap<String, String>();
        while (!in.isAtEnd()) {
            int start = in.position();
            String name = in.name();
            checkName(in, name, start);
            in.expect('=', "'=' behind the name '" + name + "'");
            String literal = in.literal();
            if (arguments.putIfAbsent(name, literal) != null) {
                throw in.wrongAt(start, "the argument '" + name + "' is there twice");
            }
            if (!in.isAtEnd()) {
                in.expect(',', "',' or the end");
            }
        }
        return Collections.unmodifiableMap(arguments);
    }

    private static void checkName(LiteralScanner in, String name, int start) {
        if (KEYWORDS.contains(name)) {
            throw in.wrongAt(start, "'" + name + "' is a word of Python and no argument's name");
        }
    }

    /** Whether a text can be the name of an argument. */
    public static boolean isName(String text) {
        boolean isWord = !text.isEmpty() && !Character.isDigit(text.charAt(0));
        for (int i = 0; i < text.length(); i++) {
            isWord &= LiteralScanner.isNamePart(text.charAt(i));
        }
        return isWord && !KEYWORDS.contains(text);
    }

    /** Whether a text is one literal and nothing more. */
    public static boolean isLiteral(String text) {
        if (text.length() > MAX_LENGTH) {
            return false;
        }
        try {
            var in = new LiteralScanner(text);
            in.literal();
            return in.isAtEnd();
        } catch (MillraceException _) {
            return false;
        }
    }

    /** The literal of a text. */
    public static String quoted(String text) {
        var quoted = new StringBuilder("'");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\'', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (c < ' ' || c == 0x7f) {
                        quoted.append("\\x%02x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('\'').toString();
    }

    private static void checkLength(String text) {
        if (text.length() > MAX_LENGTH) {
            throw MillraceException.invalid(
                    "arguments of %d characters: at most %d are taken"
                            .formatted(text.length(), MAX_LENGTH));
        }
    }
}
