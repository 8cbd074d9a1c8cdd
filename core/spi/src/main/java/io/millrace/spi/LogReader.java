package io.millrace.spi;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Reads chosen parts of the log outside of any consumer group: what was, not what comes. One thread
 * uses it. Records of transactions that were not committed are never seen.
 */
public interface LogReader extends AutoCloseable {

    /**
     * What each partition of some topics holds now. Topics that do not exist are left out.
     *
     * @throws io.millrace.api.MillraceException {@code UNAVAILABLE} when the log cannot be reached
     */
    Map<LogPartition, OffsetRange> ranges(Collection<String> topics);

    /**
     * For each partition of some topics the offset of the first record whose timestamp is not
     * earlier; the end where there is none.
     */
    Map<LogPartition, Long> offsetsAt(Collection<String> topics, long millis);

    /**
     * What a consumer group has committed in some topics; partitions without commit are left out.
     */
    Map<LogPartition, Long> committed(String group, Collection<String> topics);

    /** Begins to read these parts, in place of all that was read before. */
    void seek(Map<LogPartition, OffsetRange> parts);

    /**
     * The next records of the parts, in order within each partition; empty when none came in time
     * or all has been read.
     */
    List<LogRecord> poll(Duration timeout);

    /** Whether all parts have been read to their ends. */
    boolean isAtEnd();

    @Override
    void close();
}
