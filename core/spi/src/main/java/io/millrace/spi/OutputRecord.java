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
 * @param isAskedFor whether the request names the destination, rather than the output
 */
public record OutputRecord(
        String destination,
        byte @Nullable [] key,
        byte[] value,
        List<Header> headers,
        long timestampMillis,
        boolean isAskedFor) {

    /** To where the output says. */
    public OutputRecord(
            String destination,
            byte @Nullable [] key,
            byte[] value,
            List<Header> headers,
            long timestampMillis) {
        this(destination, key, value, headers, timestampMillis, false);
    }
}
