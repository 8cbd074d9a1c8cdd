package io.millrace.training.samples;

import io.millrace.api.MillraceException;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import java.util.Map;
import java.util.TreeMap;

/** For each partition of a stream the next offset, as text: {@code topic/0/17,topic/1/9}. */
final class StreamPosition {

    private StreamPosition() {}

    static String format(Map<LogPartition, Long> next) {
        var text = new StringBuilder();
        new TreeMap<>(next)
                .forEach((partition, offset) ->
                        text.append(text.isEmpty() ? "" : ",")
                                .append(new LogPosition(partition, offset)));
        return text.toString();
    }

    /**
     * Reads it.
     *
     * @throws MillraceException {@code INVALID} when it is none
     */
    static Map<LogPartition, Long> parse(String text) {
        var next = new TreeMap<LogPartition, Long>();
        for (String part : text.split(",", -1)) {
            if (!part.isBlank()) {
                LogPosition position = LogPosition.parse(part);
                next.put(position.partition(), position.offset());
            }
        }
        return next;
    }
}
