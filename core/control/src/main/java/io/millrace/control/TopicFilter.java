package io.millrace.control;

/** MQTT topic filters, as far as control needs to compare them. */
final class TopicFilter {
    private TopicFilter() {}

    /** Whether messages to a topic arrive by a filter; {@code +} and {@code #} as in MQTT. */
    static boolean matches(String filter, String topic) {
        String[] wanted = filter.split("/", -1);
        String[] levels = topic.split("/", -1);
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].equals("#")) {
                // Also the level above: "a/#" covers "a".
                return levels.length >= i;
            }
            if (i >= levels.length || (!wanted[i].equals("+") && !wanted[i].equals(levels[i]))) {
                return false;
            }
        }
        return wanted.length == levels.length;
    }

    /** Whether there is a topic that arrives by both filters. */
    static boolean overlap(String one, String other) {
        return overlap(one.split("/", -1), other.split("/", -1), 0);
    }

    private static boolean overlap(String[] one, String[] other, int from) {
        if (isRest(one, from) || isRest(other, from)) {
            return true;
        }
        if (from == one.length || from == other.length) {
            return one.length == other.length;
        }
        boolean isSameLevel =
                one[from].equals("+") || other[from].equals("+") || one[from].equals(other[from]);
        return isSameLevel && overlap(one, other, from + 1);
    }

    private static boolean isRest(String[] filter, int level) {
        return level < filter.length && filter[level].equals("#");
    }
}
