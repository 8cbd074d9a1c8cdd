package io.millrace.sender;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where records went, by what was acknowledged. Any thread. */
final class SentRanges {

    private final Map<Integer, long[]> byPartition = new TreeMap<>();
    private long count;

    synchronized void acknowledged(int partition, long offset) {
        long[] range = byPartition.computeIfAbsent(partition, _ -> new long[] {offset, offset + 1});
        range[0] = Math.min(range[0], offset);
        range[1] = Math.max(range[1], offset + 1);
        count++;
    }

    synchronized long count() {
        return count;
    }

    /** As {@code topic:partition:start:end}; the end is the offset behind the last. */
    synchronized List<String> of(String topic) {
        var texts = new ArrayList<String>();
        byPartition.forEach((partition, range) ->
                texts.add(topic + ":" + partition + ":" + range[0] + ":" + range[1]));
        return texts;
    }
}
