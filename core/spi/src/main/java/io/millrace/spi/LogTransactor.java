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

    /**
     * Begins a transaction.
     *
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when another transactor took over
     *     the name, {@code UNAVAILABLE} when this one can do no more: close it
     */
    void begin();

    /**
     * As {@link StreamLog#append}, within the transaction. After an append that failed nothing of
     * the transaction can be committed: the listeners of others may be told that they failed, too.
     */
    void append(OutgoingRecord record, AppendListener listener);

    /**
     * Makes all appends durable and visible, with the offsets. When it returns true both are.
     *
     * <p>While members come to a consumer's group or leave it, the proof of membership that it
     * shows may be out of date although it keeps its partitions. Then this takes part in the
     * distribution, which may cost the consumer partitions that are not named here, and says so.
     *
     * @param consumer whose offsets they are
     * @param next for each partition the offset of the next record to read; empty for none
     * @return false when the transaction was aborted for that reason: write all of it once more
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when another transactor took over
     *     the name or the partitions were handed over; the transaction is aborted then. {@code
     *     UNAVAILABLE} when nobody knows what became of it: close this one and read again from what
     *     is committed; {@code INVALID} when the consumer is of another log, or the code with which
     *     an append failed: the transaction is aborted then
     */
    boolean commit(LogConsumer consumer, Map<LogPartition, Long> next);

    /** As {@link #commit(LogConsumer, Map)} without offsets. */
    void commit();

    /** Drops all appends. What is under way has ended when it returns. */
    void abort();

    /** Aborts what is open. Idempotent. */
    @Override
    void close();
}
