package io.millrace.embedded.s3.depot;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the index says of an object.
 *
 * @param etag without quotes
 * @param headers with which it is served, such as {@code Content-Type}
 * @param metadata names without {@code x-amz-meta-}, in lower case
 * @param file with the content
 */
public record StoredObject(
        String bucket,
        String key,
        long size,
        String etag,
        Instant modified,
        Map<String, String> headers,
        Map<String, String> metadata,
        String file) {

    /** The header with the type of the content. */
    public static final String CONTENT_TYPE = "Content-Type";

    /** What s3proxy keeps among the user's metadata. */
    private static final String OF_PROXY = "s3proxy_";

    public StoredObject {
        headers = Map.copyOf(headers);
        metadata = Map.copyOf(metadata);
    }

    /** The metadata that the user gave. */
    public Map<String, String> userMetadata() {
        var given = new TreeMap<>(metadata);
        given.keySet().removeIf(name -> name.startsWith(OF_PROXY));
        return given;
    }
}
