package io.millrace.api;

import java.util.Optional;

/**
 * MQTT topic filters by the rules of the standard: what is one, what it matches, whether two of
 * them overlap, and whether one covers another. A shared subscription's prefix is no part of one.
 */
public final class TopicFilter {

    /** What existing clients and the broker agree on; the protocol itself allows more. */
    public static final int MAX_LENGTH = 4_096;

    private TopicFilter() {}

    /** Whether it stands for more than one topic. */
    public static boolean hasWildcard(String filter) {
        return filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
    }

    /** Whether messages can be published to it: a filter that stands for itself alone. */
    public static boolean isTopic(String text) {
        return !hasWildcard(text) && problem(text).isEmpty();
    }

    /** Says what is wrong with a filter; empty when it is good. */
    public static Optional<String> problem(String filter) {
        if (filter.isEmpty()) {
            return Optional.of("an MQTT topic must not be empty");
        }
        if (filter.length() > MAX_LENGTH) {
            return Optional.of("an MQTT topic has at most " + MAX_LENGTH + " characters");
        }
        if (filter.indexOf('\0') >= 0) {
            return Optional.of("an MQTT topic must not hold a zero character");
        }
        for (int i = 0; i < filter.length(); i++) {
            char c = filter.charAt(i);
            boolean alone =
                    (i == 0 || filter.charAt(i - 1) == '/')
                            && (i == filter.length() - 1 || filter.charAt(i + 1) == '/');
            if (c == '+' && !alone) {
                return Optional.of("'+' must be a whole level in MQTT topic '" + filter + "'");
            }
            if (c == '#' && !(alone && i == filter.length() - 1)) {
                return Optional.of("'#' must be the last level in MQTT topic '" + filter + "'");
            }
        }
        return Optional.empty();
    }

    /** Whether a topic, which has no wildcards, matches; by the standard's rules. */
    public static boolean matches(String filter, String topic) {
        if (topic.startsWith("$") && !filter.startsWith("$")) {
            return false;
        }
        int f = 0;
        int t = 0;
        while (true) {
            int filterEnd = levelEnd(filter, f);
            if (isLevel(filter, f, filterEnd, '#')) {
                return true;
            }
            int topicEnd = levelEnd(topic, t);
            if (!isLevel(filter, f, filterEnd, '+')
                    && !(filterEnd - f == topicEnd - t
                            && filter.regionMatches(f, topic, t, topicEnd - t))) {
                return false;
            }
            boolean filterDone = filterEnd == filter.length();
            boolean topicDone = topicEnd == topic.length();
            if (topicDone) {
                return filterDone || filter.startsWith("/#", filterEnd);
            }
            if (filterDone) {
                return false;
            }
            f = filterEnd + 1;
            t = topicEnd + 1;
        }
    }

    /** Whether every topic that matches one filter matches the wider one too. */
    public static boolean covers(String wider, String filter) {
        if (filter.startsWith("$") && !wider.startsWith("$")) {
            return false;
        }
        String[] a = wider.split("/", -1);
        String[] b = filter.split("/", -1);
        for (int i = 0; i < a.length; i++) {
            if (a[i].equals("#")) {
                // The standard lets it stand for no level at all, too.
                return i <= b.length;
            }
            if (i == b.length || b[i].equals("#")) {
                return false;
            }
            if (!a[i].equals("+") && !a[i].equals(b[i])) {
                return false;
            }
        }
        return a.length == b.length;
    }

    /** Whether some topic matches both. */
    public static boolean overlap(String one, String other) {
        String[] a = one.split("/", -1);
        String[] b = other.split("/", -1);
        for (int i = 0; ; i++) {
            if (i == a.length || i == b.length) {
                return a.length == b.length
                        || (i < a.length && i == a.length - 1 && a[i].equals("#"))
                        || (i < b.length && i == b.length - 1 && b[i].equals("#"));
            }
            if (a[i].equals("#") || b[i].equals("#")) {
                return true;
            }
            if (!a[i].equals("+") && !b[i].equals("+") && !a[i].equals(b[i])) {
                return false;
            }
        }
    }

    private static int levelEnd(String text, int from) {
        int slash = text.indexOf('/', from);
        return slash < 0 ? text.length() : slash;
    }

    private static boolean isLevel(String text, int from, int end, char c) {
        return end - from == 1 && text.charAt(from) == c;
    }
}
