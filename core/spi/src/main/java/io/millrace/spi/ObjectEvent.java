package io.millrace.spi;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * News of an object, whatever store sent it.
 *
 * @param source who says so: {@code aws:s3}, {@code minio:s3}, {@code ceph:s3}, {@code
 *     millrace:s3}, or what else stood there; empty when nothing did
 * @param bucket its name
 * @param key decoded. It is hostile: never part of a path in a file system
 * @param rawKey as it was sent
 * @param event without {@code s3:}, such as {@code ObjectCreated:Put}
 * @param size bytes
 * @param etag without quotes
 * @param versionId of the object
 * @param sequencer says which of two events of one key came later
 * @param eventId by which a repetition is recognised, where the sender gives one
 * @param time when it happened
 * @param metadata of the user, names without {@code x-amz-meta-} and in lower case; only what the
 *     event holds
 * @param tags only those that the event holds
 * @param opaqueData what whoever set up the notification had sent along
 */
public record ObjectEvent(
        String source,
        String bucket,
        String key,
        String rawKey,
        String event,
        OptionalLong size,
        Optional<String> etag,
        Optional<String> versionId,
        Optional<String> sequencer,
        Optional<String> eventId,
        Instant time,
        Map<String, String> metadata,
        Map<String, String> tags,
        Optional<String> opaqueData) {

    public ObjectEvent {
        metadata = Map.copyOf(metadata);
        tags = Map.copyOf(tags);
    }

    /** Whether there is an object now that was not there, or was another. */
    public boolean isCreated() {
        return event.regionMatches(true, 0, "ObjectCreated", 0, "ObjectCreated".length());
    }

    /**
     * By which a repetition of the same news is recognised. Bucket and key are part of it: what
     * senders give may be no more than a time.
     */
    public String identity() {
        return eventId.map(id -> String.join("\n", event, bucket, key, id))
                .orElseGet(() ->
                        String.join(
                                "\n",
                                event,
                                bucket,
                                key,
                                versionId.orElse(""),
                                sequencer.orElse(""),
                                etag.orElse("")));
    }

    /** The same without what whoever set up the notification had sent along. */
    public ObjectEvent withoutOpaqueData() {
        return opaqueData.isEmpty()
                ? this
                : new ObjectEvent(
                        source,
                        bucket,
                        key,
                        rawKey,
                        event,
                        size,
                        etag,
                        versionId,
                        sequencer,
                        eventId,
                        time,
                        metadata,
                        tags,
                        Optional.empty());
    }
}
