package io.millrace.embedded.mqtt;

import io.millrace.api.TopicPattern;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The named levels of a pattern: which they are, and what stands there in a topic. Hot path. */
final class Captures {

    private final int[] levels;
    private final String[] headers;

    private Captures(int[] levels, String[] headers) {
        this.levels = levels;
        this.headers = headers;
    }

    /** Null when no level has a name. */
    static @Nullable Captures of(TopicPattern pattern) {
        List<String> names = pattern.names();
        if (names.isEmpty()) {
            return null;
        }
        var levels = new int[names.size()];
        var headers = new String[names.size()];
        String[] all = pattern.toString().split("/", -1);
        int found = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i].startsWith("{")) {
                levels[found] = i;
                headers[found] = HeaderNames.CAPTURE_PREFIX + names.get(found);
                found++;
            }
        }
        return new Captures(levels, headers);
    }

    int count() {
        return levels.length;
    }

    /**
     * Puts one header for each name into a list that is being made.
     *
     * @param topic that matches, in UTF-8, where a slash is one byte and never part of another sign
     * @param into has room for {@link #count} from {@code at}
     */
    void addTo(Header[] into, int at, byte[] topic) {
        int level = 0;
        int from = 0;
        int next = 0;
        while (next < levels.length) {
            int end = from;
            while (end < topic.length && topic[end] != '/') {
                end++;
            }
            if (level == levels[next]) {
                var value = new byte[end - from];
                System.arraycopy(topic, from, value, 0, value.length);
                into[at + next] = new Header(headers[next], value);
                next++;
            }
            level++;
            from = end + 1;
        }
    }
}
