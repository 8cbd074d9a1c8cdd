package io.millrace.api;

import java.util.Optional;

/** The rule that every name follows, in one place. */
public final class Names {

    /** Longest project name: it is part of topics, paths and certificates. */
    public static final int MAX_PROJECT_LENGTH = 63;

    /** Longest name of any other resource. */
    public static final int MAX_NAME_LENGTH = 128;

    private Names() {}

    /**
     * Says what is wrong with a name.
     *
     * @param what what the name is for, as the message calls it
     * @return empty when the name is good, else a sentence for the person who wrote it
     */
    public static Optional<String> problem(String what, String value, int maxLength) {
        if (value.isEmpty()) {
            return Optional.of(what + " must not be empty");
        }
        if (value.length() > maxLength) {
            return Optional.of(
                    what + " has " + value.length() + " characters, allowed are " + maxLength);
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean alphanumeric =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!alphanumeric && (i == 0 || (c != '_' && c != '-' && c != '.'))) {
                return Optional.of(
                        what
                                + " '"
                                + printable(value)
                                + "' may hold letters, digits, '_', '-' and '.', and starts with a"
                                + " letter or digit; use metadata.title for free text");
            }
        }
        return Optional.empty();
    }

    static void check(String what, String value, int maxLength) {
        problem(what, value, maxLength)
                .ifPresent(message -> {
                    throw MillraceException.invalid(message);
                });
    }

    private static String printable(String value) {
        var out = new StringBuilder(value.length());
        value.codePoints()
                .limit(80)
                .forEach(c -> out.appendCodePoint(c < 0x20 || c > 0x7e ? '?' : c));
        return out.toString();
    }
}
