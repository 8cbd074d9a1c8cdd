package io.millrace.embedded.s3.depot;

import io.millrace.api.ProjectId;
import io.millrace.spi.ObjectEvent;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is still to be told of an object: the intent, durable together with the change.
 *
 * @param sequence grows with every change of the store
 * @param size empty for what was removed
 */
record News(
        long sequence,
        ProjectId project,
        String bucket,
        String key,
        String event,
        OptionalLong size,
        Optional<String> etag,
        Map<String, String> metadata,
        Instant time) {

    static final String PUT = "ObjectCreated:Put";
    static final String COPY = "ObjectCreated:Copy";
    static final String COMPLETED = "ObjectCreated:CompleteMultipartUpload";
    static final String DELETED = "ObjectRemoved:Delete";

    private static final String SOURCE = "millrace:s3";

    /** As listeners hear it; told twice, it is the same. */
    ObjectEvent event(String storeId) {
        String sequencer = "%016X".formatted(sequence);
        return new ObjectEvent(
                SOURCE,
                bucket,
                key,
                key,
                event,
                size,
                etag,
                Optional.empty(),
                Optional.of(sequencer),
                Optional.of(storeId + "." + sequencer),
                time,
                metadata,
                Map.of(),
                Optional.empty());
    }
}
