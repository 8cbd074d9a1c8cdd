package io.millrace.spi;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.Collection;

/**
 * The durable log between sources and pipelines: Kafka, or its in-memory twin in simulations.
 *
 * <p>All methods may be called from any thread at any time between construction and close; after
 * close they throw {@code MillraceException} with {@code UNAVAILABLE}.
 */
public interface StreamLog extends AutoCloseable {

    /**
     * Creates the topics that do not exist yet; waits until they can be written. Topics that exist
     * are left as they are, whatever their number of partitions.
     *
     * @throws io.millrace.api.MillraceException {@code UNAVAILABLE} when the log cannot be reached,
     *     {@code INVALID} when a name is refused
     */
    void ensureTopics(Collection<String> topics);

    /**
     * Appends a record. Returns at once unless the log's buffer is full, in which case it waits.
     * Records of one thread and one key keep their order.
     *
     * @param listener called exactly once, on the log's own thread, so it must not block: after the
     *     record is durable, or when it is certain or possible that it is not
     */
    void append(OutgoingRecord record, AppendListener listener);

    /** A new member of a consumer group. The caller owns it and uses it from one thread only. */
    LogConsumer consumer(ConsumerSpec spec);

    /**
     * A reader of what the log holds, outside of any group. The caller owns it.
     *
     * @param maxRecords the most that one poll returns
     * @throws io.millrace.api.MillraceException {@code UNSUPPORTED} when this log cannot
     */
    default LogReader reader(int maxRecords) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "this log cannot be read by offset");
    }

    /**
     * A writer of transactions. The caller owns it.
     *
     * @param name stable over restarts and unique among the writers that share the log
     * @throws io.millrace.api.MillraceException {@code UNSUPPORTED} when this log has no
     *     transactions, {@code UNAVAILABLE} when it cannot be reached
     */
    default LogTransactor transactor(String name) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "this log has no transactions");
    }

    /**
     * Has a group begin at the present end of a topic, so that it misses nothing that comes from
     * now on, however late it comes and wherever it would begin by itself. A group that has a place
     * in the topic keeps it, and one that has members finds its own. The log may forget the place
     * of a group that has had no members for long: the embedded Kafka after a year, another one
     * after its {@code offsets.retention.minutes}, by default seven days.
     *
     * @throws io.millrace.api.MillraceException {@code UNSUPPORTED} when this log cannot, {@code
     *     NOT_FOUND} when there is no such topic, {@code UNAVAILABLE}
     */
    default void keepPlace(String group, String topic) {
        throw new MillraceException(ErrorCode.UNSUPPORTED, "this log keeps no places for readers");
    }

    /**
     * Ends what transactors that are gone have left open under some names: until then readers wait
     * at it. A transactor of such a name that is open yet is refused from then on, as when another
     * one takes over its name.
     *
     * @throws io.millrace.api.MillraceException as {@link #transactor}
     */
    default void endTransactions(Collection<String> names) {
        for (String name : names) {
            transactor(name).close();
        }
    }

    /** Forgets a consumer group that has no members; nothing happens when there is none. */
    void removeGroup(String group);

    /** Stops taking records, waits for those under way for a bounded time. Idempotent. */
    @Override
    void close();
}
