package io.millrace.spi;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One member of a consumer group. One thread uses it: subscribe, then poll, process and commit in
 * turn. Between two polls the partitions stay assigned, however long that takes. Partitions change
 * hands only inside {@link #poll}, when all that was polled before has been committed or given up:
 * what was not committed is read again by the next owner.
 */
public interface LogConsumer extends AutoCloseable {

    /** Replaces the topics it reads. Topics must exist. Takes effect with the next polls. */
    void subscribe(Set<String> topics);

    /**
     * The next records, in order within each partition; empty when none came in time.
     *
     * @throws io.millrace.api.MillraceException {@code UNAVAILABLE} when the log cannot be reached;
     *     polling again is right
     */
    List<LogRecord> poll(Duration timeout);

    /**
     * As {@link #poll(Duration)}, for who works long on each record: partitions change hands only
     * here, so it should come back soon.
     *
     * @param most so many records at most, where the log can keep the rest for the next call; at
     *     least 1
     */
    default List<LogRecord> poll(Duration timeout, int most) {
        return poll(timeout);
    }

    /**
     * Says that everything before the given offsets is done. May return before it is durable; a
     * later commit or close makes it so. A crash before then means that records are read again.
     *
     * @param next for each partition the offset of the next record to read
     */
    void commit(Map<LogPartition, Long> next);

    /**
     * The partitions that went to other members since the last call, whether they have come back or
     * not: what was read of them and not committed is read again, by whoever has them now.
     */
    default Set<LogPartition> handedOver() {
        return Set.of();
    }

    /** How many records are in the assigned partitions that were not polled yet; for scaling. */
    long lag();

    /** Makes the last commit durable and leaves the group. Idempotent. */
    @Override
    void close();

    /** Makes a {@link #poll} under way return early. The one method for other threads. */
    void wakeup();
}
