package io.millrace.codec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A value of a YAML or JSON document that knows where it stands. Aliases make it a graph without
 * cycles: the same node may be reached by several paths.
 */
sealed interface Node {

    /** Where it begins. */
    Position position();

    /** How many nodes it holds, itself included, aliases counted each time. */
    long size();

    /** Named values in the order of the text; keys are unique. */
    record MapNode(List<Entry> entries, Position position, long size) implements Node {
        MapNode(List<Entry> entries, Position position) {
            this(
                    List.copyOf(entries),
                    position,
                    1 + entries.stream().mapToLong(e -> e.value().size()).sum());
        }

        Optional<Entry> find(String key) {
            for (Entry entry : entries) {
                if (entry.key().equals(key)) {
                    return Optional.of(entry);
                }
            }
            return Optional.empty();
        }
    }

    /** One named value of a map. */
    record Entry(String key, Position position, Node value) {}

    /** Values in order. */
    record ListNode(List<Node> items, Position position, long size) implements Node {
        ListNode(List<Node> items, Position position) {
            this(List.copyOf(items), position, 1 + items.stream().mapToLong(Node::size).sum());
        }
    }

    /** A single value, with its text as it was written. */
    record ScalarNode(ScalarType type, String text, Position position) implements Node {
        @Override
        public long size() {
            return 1;
        }
    }

    /** What a single value is. */
    enum ScalarType {
        TEXT,
        INTEGER,
        DECIMAL,
        BOOLEAN,
        NULL
    }

    /** Text that comes from the program. */
    static Node text(String value) {
        return new ScalarNode(ScalarType.TEXT, value, Position.NONE);
    }

    /** A whole number that comes from the program. */
    static Node number(long value) {
        return new ScalarNode(ScalarType.INTEGER, Long.toString(value), Position.NONE);
    }

    /** A number that comes from the program. */
    static Node number(double value) {
        return new ScalarNode(ScalarType.DECIMAL, Double.toString(value), Position.NONE);
    }

    /** A list that comes from the program. */
    static Node list(List<? extends Node> items) {
        return new ListNode(List.copyOf(items), Position.NONE);
    }

    /** A list of texts that comes from the program. */
    static Node texts(List<String> items) {
        return list(items.stream().map(Node::text).toList());
    }

    /** A map of texts that comes from the program, in its order. */
    static Node texts(Map<String, String> texts) {
        var map = map();
        texts.forEach(map::put);
        return map.build();
    }

    /** Builds a map that comes from the program. */
    static MapBuilder map() {
        return new MapBuilder();
    }

    /** Collects the entries of a map in the order they shall be shown. */
    final class MapBuilder {
        private final List<Entry> entries = new ArrayList<>();

        MapBuilder put(String key, Node value) {
            entries.add(new Entry(key, Position.NONE, value));
            return this;
        }

        MapBuilder put(String key, String value) {
            return put(key, text(value));
        }

        MapBuilder put(String key, long value) {
            return put(key, number(value));
        }

        MapBuilder put(String key, double value) {
            return put(key, number(value));
        }

        MapBuilder put(String key, boolean value) {
            return put(
                    key,
                    new ScalarNode(ScalarType.BOOLEAN, Boolean.toString(value), Position.NONE));
        }

        MapNode build() {
            return new MapNode(entries, Position.NONE);
        }
    }
}
