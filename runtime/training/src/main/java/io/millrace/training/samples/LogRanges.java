package io.millrace.training.samples;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.api.TopicRange;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Reads ranges of the log exactly, part after part. Offsets may have holes, of transactions and of
 * compaction; what retention removed is no hole but a fault.
 */
final class LogRanges {

    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final LogReader reader;
    private final TimeSource time;

    LogRanges(LogReader reader, TimeSource time) {
        this.reader = reader;
        this.time = time;
    }

    /**
     * The parts that ranges are now: open ones end where the log ends.
     *
     * @throws DatasetFault when the log does not have all of them
     */
    List<Part> parts(List<TopicRange> ranges) {
        return parts(ranges, false);
    }

    /** Likewise, but an open range begins with the oldest record that retention has left of it. */
    List<Part> partsLeft(List<TopicRange> ranges) {
        return parts(ranges, true);
    }

    private List<Part> parts(List<TopicRange> ranges, boolean takesWhatIsLeft) {
        var topics = new LinkedHashSet<String>();
        ranges.forEach(range -> topics.add(range.topic()));
        Map<LogPartition, OffsetRange> found =
                topics.isEmpty() ? Map.of() : new TreeMap<>(reader.ranges(topics));
        var parts = new ArrayList<Part>();
        for (TopicRange range : ranges) {
            if (range.partition().isPresent()) {
                parts.add(
                        part(
                                range,
                                range.partition().getAsInt(),
                                found,
                                !range.isClosed() && (takesWhatIsLeft || range.start() == 0)));
            } else {
                addAll(range.topic(), found, parts);
            }
        }
        return parts;
    }

    private static void addAll(
            String topic, Map<LogPartition, OffsetRange> found, List<Part> parts) {
        int before = parts.size();
        found.forEach((partition, there) -> {
            if (partition.topic().equals(topic)) {
                parts.add(new Part(partition, there.from(), there.to()));
            }
        });
        if (parts.size() == before) {
            throw DatasetFault.topicMissing(topic);
        }
    }

    private static Part part(
            TopicRange range,
            int index,
            Map<LogPartition, OffsetRange> found,
            boolean takesWhatIsLeft) {
        var partition = new LogPartition(range.topic(), index);
        OffsetRange there = found.get(partition);
        if (there == null) {
            long partitions =
                    found.keySet().stream().filter(p -> p.topic().equals(range.topic())).count();
            throw partitions == 0
                    ? DatasetFault.topicMissing(range.topic())
                    : DatasetFault.partitionMissing(range.topic(), index, partitions);
        }
        long from = takesWhatIsLeft ? Math.max(range.start(), there.from()) : range.start();
        var part = new Part(partition, from, range.end().orElse(Math.max(from, there.to())));
        check(part, there);
        return part;
    }

    private static void check(Part part, OffsetRange there) {
        if (part.length() == 0) {
            return;
        }
        if (part.from() < there.from()) {
            throw DatasetFault.removed(part, there.from());
        }
        if (part.to() > there.to()) {
            throw DatasetFault.beyondEnd(part, there.to());
        }
    }

    /** The ranges that are exactly these parts. */
    static List<TopicRange> ranges(List<Part> parts) {
        return parts.stream()
                .map(part ->
                        new TopicRange(
                                part.partition().topic(),
                                OptionalInt.of(part.partition().index()),
                                part.from(),
                                OptionalLong.of(part.to())))
                .toList();
    }

    /**
     * Gives the records of a part, in order.
     *
     * @param taker says after each record whether to go on
     * @throws DatasetFault when retention was faster
     */
    void read(Part part, Predicate<LogRecord> taker) {
        reader.seek(Map.of(part.partition(), new OffsetRange(part.from(), part.to())));
        long next = part.from();
        long lastCame = time.nanoTime();
        while (!reader.isAtEnd()) {
            List<LogRecord> records = reader.poll(POLL);
            boolean isWhole = true;
            for (int i = 0; i < records.size(); i++) {
                LogRecord record = records.get(i);
                // One look for all holes of a poll: if retention made any, it made the first, too.
                if (record.offset() != next && isWhole) {
                    isWhole = false;
                    checkHole(part, next);
                }
                next = record.offset() + 1;
                if (!taker.test(record)) {
                    return;
                }
            }
            if (!records.isEmpty()) {
                lastCame = time.nanoTime();
            } else if (!reader.isAtEnd()) {
                checkPatience(part, next, lastCame);
            }
        }
        if (next < part.to()) {
            checkHole(part, next);
        }
    }

    private void checkPatience(Part part, long next, long lastCame) {
        if (time.nanoTime() - lastCame > PATIENCE.toNanos()) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "nothing of %s came for %d s, from offset %d on; the log is too slow, or a transaction is open"
                            .formatted(part, PATIENCE.toSeconds(), next));
        }
    }

    /** Retention removes from the start: a hole behind the oldest record is none of its. */
    private void checkHole(Part part, long hole) {
        OffsetRange there = reader.ranges(List.of(part.partition().topic())).get(part.partition());
        if (there == null) {
            throw DatasetFault.topicMissing(part.partition().topic());
        }
        if (there.from() > hole) {
            throw DatasetFault.removed(part, there.from());
        }
    }
}
