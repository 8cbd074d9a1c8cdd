package io.millrace.codec;

import io.millrace.codec.Node.MapNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Shapes that several kinds share. */
final class Trees {

    private Trees() {}

    /** Pairs of text, by key: the records keep no order. */
    static MapNode textMap(Map<String, String> pairs) {
        var map = Node.map();
        new TreeMap<>(pairs).forEach(map::put);
        return map.build();
    }

    /** Category names with their allowed values, by name. */
    static MapNode textsMap(Map<String, List<String>> pairs) {
        var map = Node.map();
        new TreeMap<>(pairs).forEach((key, values) -> map.put(key, Node.texts(values)));
        return map.build();
    }
}
