package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OffsetRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads parts of the log in memory. What the log holds is guarded by the log's lock. */
final class InMemoryReader implements LogReader {

    private final InMemoryStreamLog log;
    private final int maxRecords;
    private final TreeMap<LogPartition, OffsetRange> unread = new TreeMap<>();
    private boolean closed;

    InMemoryReader(InMemoryStreamLog log, int maxRecords) {
        this.log = log;
        this.maxRecords = maxRecords;
    }

    @Override
    public Map<LogPartition, OffsetRange> ranges(Collection<String> topics) {
        var ranges = new HashMap<LogPartition, OffsetRange>();
        forEachPartition(
                topics,
                (place, records) -> {
                    long from = records.isEmpty() ? 0 : records.getFirst().offset();
                    ranges.put(place, new OffsetRange(from, endOf(records)));
                });
        return ranges;
    }

    @Override
    public Map<LogPartition, Long> offsetsAt(Collection<String> topics, long millis) {
        var offsets = new HashMap<LogPartition, Long>();
        forEachPartition(
                topics,
                (place, records) -> {
                    long found = endOf(records);
                    for (int i = 0; i < records.size(); i++) {
                        if (records.get(i).timestampMillis() >= millis) {
                            found = records.get(i).offset();
                            break;
                        }
                    }
                    offsets.put(place, found);
                });
        return offsets;
    }

    @Override
    public Map<LogPartition, Long> committed(String group, Collection<String> topics) {
        requireUsable();
        var found = new HashMap<>(log.committed(group));
        found.keySet().removeIf(place -> !topics.contains(place.topic()));
        return found;
    }

    private interface Look {
        void at(LogPartition place, List<LogRecord> records);
    }

    private void forEachPartition(Collection<String> topics, Look look) {
        requireUsable();
        topics.forEach(LogTopic::requireValid);
        log.lock().lock();
        try {
            for (String topic : topics) {
                for (int i = 0; i < log.partitionsOf(topic); i++) {
                    var place = new LogPartition(topic, i);
                    look.at(place, log.committedOf(place));
                }
            }
        } finally {
            log.lock().unlock();
        }
    }

    private static long endOf(List<LogRecord> records) {
        return records.isEmpty() ? 0 : records.getLast().offset() + 1;
    }

    @Override
    public void seek(Map<LogPartition, OffsetRange> parts) {
        requireUsable();
        unread.clear();
        parts.forEach((place, range) -> {
            if (range.length() > 0) {
                unread.put(place, range);
            }
        });
    }

    @Override
    public List<LogRecord> poll(Duration timeout) {
        requireUsable();
        if (log.faults().failsPoll().getAsBoolean()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        long deadline = log.time().nanoTime() + timeout.toNanos();
        log.lock().lock();
        try {
            List<LogRecord> records = take();
            while (records.isEmpty() && !unread.isEmpty() && mayWait(deadline)) {
                var _ = log.changed().awaitNanos(deadline - log.time().nanoTime());
                records = take();
            }
            return records;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while reading", e);
        } finally {
            log.lock().unlock();
        }
    }

    private boolean mayWait(long deadline) {
        return log.time().equals(TimeSource.system()) && deadline - log.time().nanoTime() > 0;
    }

    private List<LogRecord> take() {
        var records = new ArrayList<LogRecord>();
        for (LogPartition place : List.copyOf(unread.keySet())) {
            OffsetRange part = unread.get(place);
            if (part != null && place.index() < log.partitionsOf(place.topic())) {
                OffsetRange left = take(log.committedOf(place), part, records);
                if (left.length() > 0) {
                    unread.put(place, left);
                } else {
                    unread.remove(place);
                }
            }
        }
        return records;
    }

    /** What is left of the part. Offsets may have gaps: the next record says how far it is. */
    private OffsetRange take(List<LogRecord> from, OffsetRange part, List<LogRecord> into) {
        long next = part.from();
        for (int i = indexOf(from, next); i < from.size(); i++) {
            LogRecord record = from.get(i);
            if (record.offset() >= part.to()) {
                return new OffsetRange(part.to(), part.to());
            }
            if (into.size() == maxRecords) {
                break;
            }
            into.add(record);
            next = record.offset() + 1;
        }
        return new OffsetRange(next, part.to());
    }

    /** The first record that is not before the offset. */
    private static int indexOf(List<LogRecord> records, long offset) {
        int low = 0;
        int high = records.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (records.get(middle).offset() < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public boolean isAtEnd() {
        requireUsable();
        return unread.isEmpty();
    }

    @Override
    public void close() {
        closed = true;
    }

    private void requireUsable() {
        if (closed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the reader is closed");
        }
    }
}
