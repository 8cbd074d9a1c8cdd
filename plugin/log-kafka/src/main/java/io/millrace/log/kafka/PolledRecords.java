package io.millrace.log.kafka;

import io.millrace.spi.LogRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** What a poll gave and nobody has taken yet. Hot path. */
final class PolledRecords {

    private List<LogRecord> records = List.of();
    private int taken;

    boolean isEmpty() {
        return taken == records.size();
    }

    /** How many are left. */
    int size() {
        return records.size() - taken;
    }

    /** Another poll has given these; those before must have been taken. */
    void fill(List<LogRecord> polled) {
        records = polled;
        taken = 0;
    }

    /** The next ones, in order. */
    List<LogRecord> take(int most) {
        int first = taken;
        int end = first + Math.min(most, size());
        List<LogRecord> all = records;
        taken = end;
        if (end == all.size()) {
            records = List.of();
            taken = 0;
        }
        return first == 0 && end == all.size() ? all : new ArrayList<>(all.subList(first, end));
    }

    /** Forgets those of partitions that were handed over: they are read by another now. */
    void forget(Collection<TopicPartition> partitions) {
        if (isEmpty()) {
            return;
        }
        Set<TopicPartition> gone = new HashSet<>(partitions);
        var kept = new ArrayList<LogRecord>(size());
        for (int i = taken; i < records.size(); i++) {
            LogRecord record = records.get(i);
            var partition =
                    new TopicPartition(record.partition().topic(), record.partition().index());
            if (!gone.contains(partition)) {
                kept.add(record);
            }
        }
        fill(kept);
    }

    void clear() {
        fill(List.of());
    }
}
