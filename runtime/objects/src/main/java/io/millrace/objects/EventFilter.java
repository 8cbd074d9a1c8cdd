package io.millrace.objects;

import io.millrace.api.ObjectFilter;
import io.millrace.spi.ObjectEvent;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An {@link ObjectFilter} made ready. Stores filter, too, but that is a saving and no promise; so
 * every event is looked at once more.
 */
final class EventFilter {

    private final ObjectFilter filter;
    private final String prefix;
    private final String suffix;
    private final @Nullable Pattern regex;
    private final List<String> events;

    /** What an event says about itself or the store says about the object. */
    interface Facts {
        /** Its size; empty when nobody knows. */
        OptionalLong size();

        /** The user's metadata. */
        Map<String, String> metadata();

        /** Its tags. */
        Map<String, String> tags();
    }

    EventFilter(ObjectFilter filter) {
        this.filter = filter;
        this.prefix = folded(filter.prefix());
        this.suffix = folded(filter.suffix());
        int flags = filter.ignoresCase() ? Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : 0;
        this.regex = filter.regex().map(text -> Pattern.compile(text, flags)).orElse(null);
        this.events = filter.events().stream().map(e -> e.toLowerCase(Locale.ROOT)).toList();
    }

    private String folded(String text) {
        return filter.ignoresCase() ? text.toLowerCase(Locale.ROOT) : text;
    }

    /** Whether the kind of event counts, whatever the object. */
    boolean hasEvent(String event) {
        String name = event.toLowerCase(Locale.ROOT);
        for (String pattern : events) {
            boolean matches =
                    pattern.endsWith("*")
                            ? name.startsWith(pattern.substring(0, pattern.length() - 1))
                            : name.equals(pattern);
            if (matches) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a key counts.
     *
     * @throws GuardedText.TooSlow when the regular expression finds no end
     */
    boolean hasKey(String key) {
        String compared = folded(key);
        return compared.startsWith(prefix)
                && compared.endsWith(suffix)
                && (regex == null || regex.matcher(new GuardedText(key)).matches());
    }

    /**
     * Whether an event counts.
     *
     * @param facts asked only for what the filter needs and the key has not decided
     */
    boolean matches(ObjectEvent event, Supplier<Facts> facts) {
        if (!hasEvent(event.event()) || !hasKey(event.key())) {
            return false;
        }
        boolean needsMore =
                filter.atLeast().isPresent()
                        || filter.atMost().isPresent()
                        || !filter.metadata().isEmpty()
                        || !filter.tags().isEmpty();
        return !needsMore || !event.isCreated() || holds(facts.get());
    }

    private boolean holds(Facts facts) {
        return isSized(facts)
                && (filter.metadata().isEmpty()
                        || facts.metadata().entrySet().containsAll(filter.metadata().entrySet()))
                && (filter.tags().isEmpty()
                        || facts.tags().entrySet().containsAll(filter.tags().entrySet()));
    }

    private boolean isSized(Facts facts) {
        if (filter.atLeast().isEmpty() && filter.atMost().isEmpty()) {
            return true;
        }
        long size = facts.size().orElse(-1);
        return size >= filter.atLeast().orElse(0)
                && size <= filter.atMost().orElse(Long.MAX_VALUE)
                && size >= 0;
    }
}
