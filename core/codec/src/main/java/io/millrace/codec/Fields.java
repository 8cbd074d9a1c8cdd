package io.millrace.codec;

import io.millrace.api.Suggestion;
import io.millrace.codec.Node.Entry;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the fields of a map. It remembers which fields were asked for; {@link #rejectUnknown} then
 * notes all others, and must end the reading of every map.
 */
public final class Fields {

    private final MapNode map;
    private final String pointer;
    private final Reading reading;
    private final boolean broken;
    private final Set<String> known = new LinkedHashSet<>();
    private final Set<String> later = new LinkedHashSet<>();
    private final Set<String> missing = new LinkedHashSet<>();

    Fields(MapNode map, String pointer, Reading reading, boolean broken) {
        this.map = map;
        this.pointer = pointer;
        this.reading = reading;
        this.broken = broken;
    }

    Reading reading() {
        return reading;
    }

    /** The value of a field; absent when it is not there. */
    public Value optional(String name) {
        known.add(name);
        return map.find(name)
                .map(entry -> new Value(entry.value(), path(name), reading))
                .orElseGet(() -> Value.absent(path(name), reading));
    }

    /** The value of a field that must be there. */
    public Value required(String name) {
        Value value = optional(name);
        if (value.isPresent()) {
            return value;
        }
        missing(name);
        return Value.absent(path(name), reading);
    }

    /** Whether a field is written, be it with nothing behind it. */
    public boolean declares(String name) {
        known.add(name);
        return map.find(name).isPresent();
    }

    /** Fields that the design knows and this version does not: they are refused by name. */
    Fields later(String... names) {
        later.addAll(List.of(names));
        return this;
    }

    /** Notes, at the end, that a field which must be there is not. */
    void missing(String name) {
        missing.add(name);
        if (reading.isTolerant()) {
            tellMissing();
        }
    }

    private void tellMissing() {
        for (String name : missing) {
            if (!broken) {
                reading.problems().add(map.position(), path(name), "missing '" + name + "'");
            }
        }
        missing.clear();
    }

    /**
     * The one field of several that is written. More than one, or none, is a problem; fields of a
     * later version count as written, so that only their own problem is told.
     */
    Optional<String> oneOf(String... names) {
        var written = new ArrayList<String>();
        for (String name : names) {
            if (declares(name)) {
                written.add(name);
            }
        }
        boolean hasLater = map.entries().stream().anyMatch(e -> later.contains(e.key()));
        if (written.size() > 1) {
            problem("only one of " + String.join(", ", written) + " is allowed");
        } else if (written.isEmpty() && !hasLater && !broken) {
            problem(
                    names.length == 1
                            ? "missing '" + names[0] + "'"
                            : "missing one of " + String.join(", ", names));
        }
        return written.stream().findFirst();
    }

    /** Notes that something is wrong with the map as a whole. */
    public void problem(String message) {
        if (broken) {
            return;
        }
        reading.problems().add(map.position(), pointer, message);
    }

    /**
     * Ends the reading, for every map: fields that nobody asked for are problems, and so are those
     * that are missing unless a misspelt one stands for them.
     */
    public void rejectUnknown() {
        if (reading.isTolerant()) {
            return;
        }
        for (Entry entry : map.entries()) {
            if (known.contains(entry.key())) {
                continue;
            }
            Suggestion.nearest(entry.key(), known).ifPresent(missing::remove);
            String shown = "'" + DocumentParser.shorten(entry.key()) + "'";
            reading.problems()
                    .add(
                            entry.position(),
                            path(entry.key()),
                            later.contains(entry.key())
                                    ? shown + " is not available in this version"
                                    : "unknown field " + shown + Spelling.hint(entry.key(), known));
        }
        tellMissing();
    }

    /** The written fields with their values, for checks of their own. */
    Map<String, Value> all() {
        return new Value(map, pointer, reading).map();
    }

    private String path(String name) {
        return pointer + "/" + DocumentParser.escape(name);
    }
}
