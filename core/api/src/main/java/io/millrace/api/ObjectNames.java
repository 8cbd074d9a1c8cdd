package io.millrace.api;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The names that buckets and objects may have. What comes from outside is hostile: such a name may
 * end in a path of a file system, in an address or in a line of a log.
 */
public final class ObjectNames {

    /** The longest name of a bucket, characters. */
    public static final int LONGEST_BUCKET = 63;

    /** The longest key, bytes as UTF-8. */
    public static final int LONGEST_KEY = 1024;

    private static final int SHORTEST_BUCKET = 3;
    private static final int ADDRESS_PARTS = 4;
    private static final int SHOWN = 80;

    private ObjectNames() {}

    /** What is wrong with the name of a bucket that all stores take; empty when nothing is. */
    public static Optional<String> problemOfBucket(String name) {
        boolean isGood =
                name.length() >= SHORTEST_BUCKET
                        && name.length() <= LONGEST_BUCKET
                        && isEdge(name.charAt(0))
                        && isEdge(name.charAt(name.length() - 1))
                        && name.indexOf("..") < 0
                        && !isAddress(name);
        for (int i = 0; isGood && i < name.length(); i++) {
            char c = name.charAt(i);
            isGood = isEdge(c) || c == '-' || c == '.';
        }
        return isGood
                ? Optional.empty()
                : Optional.of(
                        "a bucket's name has %d to %d lower case letters, digits, '-' and '.',"
                                        .formatted(SHORTEST_BUCKET, LONGEST_BUCKET)
                                + " with a letter or digit at both ends, no two '.' in a row and"
                                + " not the form of an address; was '"
                                + shown(name)
                                + "'");
    }

    /** Whether a piece of a bucket's name has only what such a name may have. */
    public static boolean isPartOfBucket(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isEdge(c) && c != '-' && c != '.') {
                return false;
            }
        }
        return true;
    }

    private static boolean isEdge(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }

    private static boolean isAddress(String name) {
        int dots = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '.') {
                dots++;
            } else if (c < '0' || c > '9') {
                return false;
            }
        }
        return dots == ADDRESS_PARTS - 1;
    }

    /** What is wrong with a key under which something is stored; empty when nothing is. */
    public static Optional<String> problemOfKey(String key) {
        if (key.isEmpty()) {
            return Optional.of("a key must not be empty");
        }
        if (key.charAt(0) == '/') {
            return Optional.of("a key must not begin with '/', was '" + shown(key) + "'");
        }
        for (String part : key.split("/", -1)) {
            if (part.equals(".") || part.equals("..")) {
                return Optional.of(
                        "a key must not have '.' or '..' between '/', was '" + shown(key) + "'");
            }
        }
        return problemOfPartOfKey(key);
    }

    /**
     * What is wrong with characters or length of a key or a piece of one; empty when nothing is.
     */
    public static Optional<String> problemOfPartOfKey(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isPair =
                    Character.isHighSurrogate(c)
                            && i + 1 < text.length()
                            && Character.isLowSurrogate(text.charAt(i + 1));
            if (isPair) {
                i++;
            } else if (Character.isISOControl(c) || Character.isSurrogate(c)) {
                return Optional.of(
                        "a key must not hold the character U+%04X; was '%s'"
                                .formatted((int) c, shown(text)));
            }
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        return bytes <= LONGEST_KEY
                ? Optional.empty()
                : Optional.of(
                        "a key has at most %d bytes, was %d: '%s'"
                                .formatted(LONGEST_KEY, bytes, shown(text)));
    }

    /** A hostile name as it may stand in a message or a log: short, and in printable ASCII. */
    public static String shown(String name) {
        var shown = new StringBuilder();
        int end = Math.min(SHOWN, name.length());
        for (int i = 0; i < end; i++) {
            char c = name.charAt(i);
            if (c >= ' ' && c < 0x7f) {
                shown.append(c);
            } else {
                shown.append("\\u%04x".formatted((int) c));
            }
        }
        return end < name.length() ? shown.append("...").toString() : shown.toString();
    }
}
