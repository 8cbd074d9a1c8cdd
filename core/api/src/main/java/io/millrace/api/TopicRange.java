package io.millrace.api;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A part of a topic of the log, written {@code topic:partition:start:end}, as senders of training
 * data write it.
 *
 * @param topic of the log
 * @param partition one of its partitions; empty for all
 * @param start the first offset, from 0; without a partition it is 0
 * @param end the offset behind the last; empty while more may come
 */
public record TopicRange(String topic, OptionalInt partition, long start, OptionalLong end) {

    public TopicRange {
        if (topic.isEmpty() || topic.indexOf(':') >= 0) {
            throw MillraceException.invalid("\"%s\" is not a topic".formatted(topic));
        }
        if (start < 0 || (end.isPresent() && end.getAsLong() < start)) {
            throw MillraceException.invalid(
                    "a range of %s begins at %d and ends at %s: expected 0 <= start <= end"
                            .formatted(topic, start, end.isPresent() ? end.getAsLong() : "no end"));
        }
        if (partition.isPresent() && partition.getAsInt() < 0) {
            throw MillraceException.invalid(
                    "partition %d of %s: expected 0 or more"
                            .formatted(partition.getAsInt(), topic));
        }
        if (partition.isEmpty() && (start > 0 || end.isPresent())) {
            throw MillraceException.invalid(
                    "offsets of %s need a partition: write topic:partition:start:end"
                            .formatted(topic));
        }
    }

    /** All of a topic, what comes later included. */
    public static TopicRange all(String topic) {
        return new TopicRange(topic, OptionalInt.empty(), 0, OptionalLong.empty());
    }

    /** The records of one partition from one offset up to, and without, another. */
    public static TopicRange of(String topic, int partition, long start, long end) {
        return new TopicRange(topic, OptionalInt.of(partition), start, OptionalLong.of(end));
    }

    /**
     * Reads {@code topic}, {@code topic:0}, {@code topic:0:5} or {@code topic:0:5:9}.
     *
     * @throws MillraceException {@code INVALID}, saying what was expected
     */
    public static TopicRange parse(String text) {
        String[] parts = text.strip().split(":", -1);
        try {
            return switch (parts.length) {
                case 1 -> all(parts[0]);
                case 2 ->
                        new TopicRange(
                                parts[0],
                                OptionalInt.of(Integer.parseInt(parts[1])),
                                0,
                                OptionalLong.empty());
                case 3 ->
                        new TopicRange(
                                parts[0],
                                OptionalInt.of(Integer.parseInt(parts[1])),
                                Long.parseLong(parts[2]),
                                OptionalLong.empty());
                case 4 ->
                        of(
                                parts[0],
                                Integer.parseInt(parts[1]),
                                Long.parseLong(parts[2]),
                                Long.parseLong(parts[3]));
                default -> throw notARange(text, null);
            };
        } catch (NumberFormatException e) {
            throw notARange(text, e);
        }
    }

    /** Whether nothing can be added to it. */
    public boolean isClosed() {
        return end.isPresent();
    }

    @Override
    public String toString() {
        if (partition.isEmpty()) {
            return topic;
        }
        String from = topic + ":" + partition.getAsInt() + ":" + start;
        return end.isPresent() ? from + ":" + end.getAsLong() : from;
    }

    private static MillraceException notARange(String text, @Nullable NumberFormatException cause) {
        String message =
                "\"%s\" is not a range of the log: expected topic:partition:start:end with whole"
                        + " numbers, such as digits:0:0:7000, where the end is the offset behind the"
                        + " last record";
        return cause == null
                ? MillraceException.invalid(message.formatted(text))
                : new MillraceException(ErrorCode.INVALID, message.formatted(text), cause);
    }
}
