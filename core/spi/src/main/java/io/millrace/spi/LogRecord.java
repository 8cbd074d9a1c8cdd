package io.millrace.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record read from the log. Arrays belong to the reader and are not written to.
 *
 * @param partition where it stands
 * @param offset its place in the partition
 * @param key null when it has none
 * @param value the payload, empty when it has none
 * @param headers in order, names may repeat
 * @param timestampMillis when it happened, milliseconds since the epoch
 */
public record LogRecord(
        LogPartition partition,
        long offset,
        byte @Nullable [] key,
        byte[] value,
        List<Header> headers,
        long timestampMillis) {}
