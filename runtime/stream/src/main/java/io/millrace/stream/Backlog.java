package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the log what is left to do, outside of all consumer groups. One thread uses it; it connects
 * at the first question.
 */
final class Backlog implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Backlog.class);
    private static final Duration PIECE = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final StreamLog log;
    private final TimeSource time;
    private @Nullable LogReader reader;
    private boolean isUnsupported;

    Backlog(StreamLog log, TimeSource time) {
        this.log = log;
        this.time = time;
    }

    private interface Question<T> {
        T ask(LogReader reader);
    }

    /** A reader that failed is not asked again: the next question has a new one. */
    private <T> T ask(Question<T> question) {
        try {
            return question.ask(open());
        } catch (MillraceException e) {
            close();
            throw e;
        }
    }

    private LogReader open() {
        LogReader current = reader;
        if (current == null) {
            current = log.reader(1);
            reader = current;
        }
        return current;
    }

    /** Whether the log answers such questions at all. */
    boolean isAnswering() {
        if (isUnsupported) {
            return false;
        }
        try {
            var _ = open();
            return true;
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNSUPPORTED) {
                throw e;
            }
            isUnsupported = true;
            return false;
        }
    }

    /** What each partition of some topics holds now. */
    Map<LogPartition, OffsetRange> ranges(Collection<String> topics) {
        return topics.isEmpty() ? Map.of() : ask(reading -> reading.ranges(topics));
    }

    /** Where a group would go on in these partitions. */
    Map<LogPartition, Long> positions(
            String group,
            long startMillis,
            Collection<String> topics,
            Map<LogPartition, OffsetRange> ranges) {
        if (ranges.isEmpty()) {
            return Map.of();
        }
        var positions = new HashMap<>(ask(reading -> reading.committed(group, topics)));
        if (positions.keySet().containsAll(ranges.keySet())) {
            return positions;
        }
        Map<LogPartition, Long> starts =
                startMillis > 0 ? ask(reading -> reading.offsetsAt(topics, startMillis)) : Map.of();
        ranges.forEach((partition, range) ->
                positions.putIfAbsent(partition, starts.getOrDefault(partition, range.from())));
        return positions;
    }

    /** The parts behind some positions, those that span no offset left out. */
    static Map<LogPartition, OffsetRange> behind(
            Map<LogPartition, Long> positions, Map<LogPartition, OffsetRange> ranges) {
        var parts = new HashMap<LogPartition, OffsetRange>();
        ranges.forEach((partition, range) -> {
            long position = Math.max(range.from(), positions.getOrDefault(partition, range.from()));
            if (position < range.to()) {
                parts.put(partition, new OffsetRange(position, range.to()));
            }
        });
        return parts;
    }

    static long length(Map<LogPartition, OffsetRange> parts) {
        long length = 0;
        for (OffsetRange part : parts.values()) {
            length += part.length();
        }
        return length;
    }

    /**
     * Whether there is a record in these parts. Offsets alone do not tell: the end of a transaction
     * takes one as well, and that of an aborted one takes many.
     */
    boolean holdRecords(Map<LogPartition, OffsetRange> parts) {
        return ask(reading -> {
            reading.seek(parts);
            long end = time.nanoTime() + PATIENCE.toNanos();
            while (time.nanoTime() < end) {
                if (!reading.poll(PIECE).isEmpty()) {
                    return true;
                }
                if (reading.isAtEnd()) {
                    return false;
                }
            }
            // Better to look in vain than to leave a record alone.
            return true;
        });
    }

    @Override
    public void close() {
        LogReader current = reader;
        reader = null;
        if (current != null) {
            try {
                current.close();
            } catch (MillraceException e) {
                logger.debug("A reader of the log was not closed cleanly", e);
            }
        }
    }
}
