package io.millrace.codec.objects;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A CloudEvent, of whatever mode and version it came.
 *
 * @param specVersion {@code 1.0} or {@code 0.3}
 * @param id unique together with {@code source}
 * @param source who sends it
 * @param type of what happened
 * @param subject within the source
 * @param time when it happened; empty too when the text of it cannot be read
 * @param contentType of the data, as it was said
 * @param extensions what else was said, by its lower-case name
 * @param data the bytes of the data; JSON of a structured event is given as it was spelled. Handed
 *     over
 */
public record CloudEvent(
        String specVersion,
        String id,
        String source,
        String type,
        Optional<String> subject,
        Optional<Instant> time,
        Optional<String> contentType,
        Map<String, String> extensions,
        byte[] data) {

    public CloudEvent {
        extensions = Map.copyOf(extensions);
    }

    /** An event of version 1.0 with what every event has. */
    public CloudEvent(
            String id,
            String source,
            String type,
            Optional<Instant> time,
            String contentType,
            byte[] data) {
        this(
                CloudEvents.VERSION,
                id,
                source,
                type,
                Optional.empty(),
                time,
                Optional.of(contentType),
                Map.of(),
                data);
    }
}
