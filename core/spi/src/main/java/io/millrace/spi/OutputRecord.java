package io.millrace.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A result on its way out of a pipeline.
 *
 * @param destination the topic, or bucket and key with a slash between, templates filled in
 * @param key of the input record, null when it has none
 * @param value the payload
 * @param headers in order
 * @param timestampMillis of the input record
 * @param isAskedFor whether the request names the destination, rather than the output
 * @param partition of the log where the input record was read, as far as that is known
 * @param offset of the input record there
 */
public record OutputRecord(
        String destination,
        byte @Nullable [] key,
        byte[] value,
        List<Header> headers,
        long timestampMillis,
        boolean isAskedFor,
        @Nullable LogPartition partition,
        long offset) {

    /** Of a record of which nobody knows where it was read. */
    public OutputRecord(
            String destination,
            byte @Nullable [] key,
            byte[] value,
            List<Header> headers,
            long timestampMillis,
            boolean isAskedFor) {
        this(destination, key, value, headers, timestampMillis, isAskedFor, null, -1);
    }

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
