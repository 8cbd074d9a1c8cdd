package io.millrace.api;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT topic filter whose levels may have names: {@code {tenant}/in/{model}} listens to {@code
 * +/in/+} and says what stood in place of each name. {@code +} and {@code #} stand for levels that
 * nobody asks for.
 */
public final class TopicPattern {
    private final String text;
    private final String filter;

    /** Named ones with their braces. */
    private final List<String> levels;

    private final List<String> names;

    private TopicPattern(String text, List<String> levels, List<String> names, String filter) {
        this.text = text;
        this.levels = List.copyOf(levels);
        this.names = List.copyOf(names);
        this.filter = filter;
    }

    /**
     * Reads a pattern.
     *
     * @throws MillraceException {@code INVALID} when a name is no whole level, is empty, is there
     *     twice, or holds other characters than letters, digits, {@code _} and {@code -}
     */
    public static TopicPattern parse(String text) {
        var levels = new ArrayList<String>();
        var names = new ArrayList<String>();
        var filter = new StringBuilder();
        for (String level : text.split("/", -1)) {
            if (!levels.isEmpty()) {
                filter.append('/');
            }
            boolean isPlain = level.indexOf('{') < 0 && level.indexOf('}') < 0;
            if (!isPlain) {
                names.add(name(text, level));
            }
            levels.add(level);
            filter.append(isPlain ? level : "+");
        }
        if (new HashSet<>(names).size() != names.size()) {
            throw MillraceException.invalid("the topic '" + text + "' has a name twice: " + names);
        }
        return new TopicPattern(text, levels, names, filter.toString());
    }

    private static String name(String text, String level) {
        boolean isName = level.length() > 2 && level.startsWith("{") && level.endsWith("}");
        for (int i = 1; isName && i < level.length() - 1; i++) {
            char c = level.charAt(i);
            isName =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '_'
                            || c == '-';
        }
        if (!isName) {
            throw MillraceException.invalid(
                    ("a name such as {tenant} takes a whole level of a topic and has letters,"
                                    + " digits, '_' and '-'; '%s' in '%s' does not")
                            .formatted(level, text));
        }
        return level.substring(1, level.length() - 1);
    }

    /** What is wrong with a pattern; empty when nothing is. */
    public static Optional<String> problem(String text) {
        try {
            TopicPattern _ = parse(text);
            return Optional.empty();
        } catch (MillraceException e) {
            return Optional.of(e.text());
        }
    }

    /** The filter as MQTT knows it: names are {@code +}. */
    public String filter() {
        return filter;
    }

    /** The names of its levels, in order. */
    public List<String> names() {
        return names;
    }

    /**
     * What stands in the named levels of a topic.
     *
     * @return in the order of {@link #names}; null when the topic does not match
     */
    public String @Nullable [] match(String topic) {
        var found = new String[names.size()];
        int at = 0;
        int captured = 0;
        for (int i = 0; i < levels.size(); i++) {
            String level = levels.get(i);
            if (level.equals("#")) {
                return found;
            }
            if (at > topic.length()) {
                return null;
            }
            int slash = topic.indexOf('/', at);
            int end = slash < 0 ? topic.length() : slash;
            if (level.startsWith("{")) {
                found[captured++] = topic.substring(at, end);
            } else if (!level.equals("+")
                    && !(level.length() == end - at
                            && topic.regionMatches(at, level, 0, level.length()))) {
                return null;
            }
            at = end + 1;
        }
        return at > topic.length() ? found : null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TopicPattern pattern && pattern.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** As it was declared. */
    @Override
    public String toString() {
        return text;
    }
}
