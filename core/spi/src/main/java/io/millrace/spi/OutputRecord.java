package io.millrace.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A result on its way out of a pipeline.
 *
 * @param destination the topic or object name, templates filled in
 * @param key of the input record, null when it has none
 * @param value the payload
 * @param headers in order
 * @param timestampMillis of the input record
 */
public record OutputRecord(
        String destination,
        byte @Nullable [] key,
        byte[] value,
        List<Header> headers,
        long timestampMillis) {}
