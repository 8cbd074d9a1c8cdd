package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A log for those who only create topics; it moves no records. */
public final class TopicsOnlyLog implements StreamLog {
    private final Set<String> topics = ConcurrentHashMap.newKeySet();
    private final Set<String> places = ConcurrentHashMap.newKeySet();
    private final Map<LogPartition, OffsetRange> held = new ConcurrentHashMap<>();
    private volatile boolean isDown;

    /** What a partition holds from now on, for readers that ask. */
    public void hold(String topic, int partition, long from, long to) {
        held.put(new LogPartition(topic, partition), new OffsetRange(from, to));
    }

    /** All topics that were asked for. */
    public Set<String> topics() {
        return Set.copyOf(topics);
    }

    /** From now on it cannot be reached. */
    public void goDown() {
        isDown = true;
    }

    /** Ends what {@link #goDown} began. */
    public void comeBack() {
        isDown = false;
    }

    @Override
    public void ensureTopics(Collection<String> wanted) {
        if (isDown) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        topics.addAll(wanted);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        throw unsupported();
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        throw unsupported();
    }

    /** A reader that knows ranges, and no records. */
    @Override
    public LogReader reader(int maxRecords) {
        if (isDown) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        return new RangesOnly();
    }

    @Override
    public void keepPlace(String group, String topic) {
        if (isDown) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        places.add(group + " in " + topic);
    }

    /** Whose places were kept, as in {@code group in topic}. */
    public Set<String> places() {
        return Set.copyOf(places);
    }

    @Override
    public void removeGroup(String group) {
        throw unsupported();
    }

    private static MillraceException unsupported() {
        return new MillraceException(ErrorCode.UNSUPPORTED, "this log moves no records");
    }

    @Override
    public void close() {
        topics.clear();
    }

    private final class RangesOnly implements LogReader {
        @Override
        public Map<LogPartition, OffsetRange> ranges(Collection<String> wanted) {
            var found = new HashMap<LogPartition, OffsetRange>();
            held.forEach((partition, range) -> {
                if (wanted.contains(partition.topic())) {
                    found.put(partition, range);
                }
            });
            return found;
        }

        @Override
        public Map<LogPartition, Long> offsetsAt(Collection<String> wanted, long millis) {
            throw unsupported();
        }

        @Override
        public Map<LogPartition, Long> committed(String group, Collection<String> wanted) {
            throw unsupported();
        }

        @Override
        public void seek(Map<LogPartition, OffsetRange> parts) {
            throw unsupported();
        }

        @Override
        public List<LogRecord> poll(Duration timeout) {
            throw unsupported();
        }

        @Override
        public boolean isAtEnd() {
            throw unsupported();
        }

        @Override
        public void close() {}
    }
}
