package io.millrace.training.samples;

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

/** A log whose oldest records retention has removed. */
final class ShortenedLog implements StreamLog {

    private final StreamLog log;
    private final long earliest;
    private boolean isLate;

    ShortenedLog(StreamLog log, long earliest) {
        this.log = log;
        this.earliest = earliest;
    }

    /** Retention comes only after the ranges of a reader were looked at once. */
    void shortenAfterFirstLook() {
        isLate = true;
    }

    @Override
    public LogReader reader(int maxRecords) {
        return new Reader(log.reader(maxRecords));
    }

    private final class Reader implements LogReader {
        private final LogReader reader;
        private boolean isShort = !isLate;

        Reader(LogReader reader) {
            this.reader = reader;
        }

        @Override
        public Map<LogPartition, OffsetRange> ranges(Collection<String> topics) {
            var ranges = new HashMap<LogPartition, OffsetRange>();
            long least = isShort ? earliest : 0;
            reader.ranges(topics)
                    .forEach((partition, range) ->
                            ranges.put(
                                    partition,
                                    new OffsetRange(Math.max(least, range.from()), range.to())));
            isShort = true;
            return ranges;
        }

        @Override
        public Map<LogPartition, Long> offsetsAt(Collection<String> topics, long millis) {
            return reader.offsetsAt(topics, millis);
        }

        @Override
        public Map<LogPartition, Long> committed(String group, Collection<String> topics) {
            return reader.committed(group, topics);
        }

        @Override
        public void seek(Map<LogPartition, OffsetRange> parts) {
            reader.seek(parts);
        }

        @Override
        public List<LogRecord> poll(Duration timeout) {
            return reader.poll(timeout).stream()
                    .filter(record -> record.offset() >= earliest)
                    .toList();
        }

        @Override
        public boolean isAtEnd() {
            return reader.isAtEnd();
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    @Override
    public void ensureTopics(Collection<String> topics) {
        log.ensureTopics(topics);
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        log.append(record, listener);
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        return log.consumer(spec);
    }

    @Override
    public void removeGroup(String group) {
        log.removeGroup(group);
    }

    @Override
    public void close() {
        log.close();
    }
}
