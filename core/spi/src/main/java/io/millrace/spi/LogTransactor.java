package io.millrace.spi;

import java.util.Map;

/**
 * Appends whole batches together with the input offsets that they stand for: all of it becomes
 * visible or nothing. One thread uses it, in turn: begin, append, commit or abort.
 *
 * <p>Opening a transactor of a name ends the transactions that another one of the same name has
 * left open; that other one is refused from then on.
 */
public interface LogTransactor extends AutoCloseable {

    /** Begins a transaction. */
    void begin();

    /** As {@link StreamLog#append}, within the transaction. */
    void append(OutgoingRecord record, AppendListener listener);

    /**
     * Makes all appends durable and visible, with the offsets. When it returns both are.
     *
     * @param consumer whose offsets they are
     * @param next for each partition the offset of the next record to read; empty for none
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when another transactor took over
     *     the name or the partitions were handed over; the transaction is aborted then. {@code
     *     UNAVAILABLE} when nobody knows what became of it: close this one and read again from what
     *     is committed
     */
    void commit(LogConsumer consumer, Map<LogPartition, Long> next);

    /** As {@link #commit(LogConsumer, Map)} without offsets. */
    void commit();

    /** Drops all appends. */
    void abort();

    /** Aborts what is open. Idempotent. */
    @Override
    void close();
}
