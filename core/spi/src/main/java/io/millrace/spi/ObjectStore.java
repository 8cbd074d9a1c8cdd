package io.millrace.spi;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A store of objects in buckets, seen with one credential. Any thread; calls block.
 *
 * <p>Errors of all methods: {@code NOT_FOUND} no such bucket or object; {@code DENIED} the
 * credential may not; {@code INVALID} the store refuses the request; {@code UNAVAILABLE} it is away
 * or answers that it is busy, so that another try may help.
 */
public interface ObjectStore extends AutoCloseable {

    /** What is known of an object; empty when it is not there. */
    Optional<ObjectInfo> head(ObjectRef object);

    /**
     * The content of an object, fetched in ranges and each range tried several times.
     *
     * @param limit more bytes than this are refused before any is fetched
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when the object is not the one
     *     with that ETag any more; {@code TOO_LARGE}
     */
    ObjectContent get(ObjectRef object, long limit);

    /**
     * Stores an object under a key.
     *
     * @param metadata of the user, names without {@code x-amz-meta-}
     * @return its ETag
     */
    String put(
            String bucket,
            String key,
            byte[] content,
            String contentType,
            Map<String, String> metadata);

    /** Copies within the store, on the store's side; metadata goes along. */
    void copy(ObjectRef from, String bucket, String key);

    /** Deletes an object; nothing happens when it is not there. */
    void delete(ObjectRef object);

    /** Makes a bucket unless it is there already. */
    void ensureBucket(String bucket);

    /**
     * A page of a bucket's objects in the order of their keys.
     *
     * @param prefix with which keys begin; empty for all
     * @param after the last key of the page before; empty for the first page
     */
    List<ObjectInfo> list(String bucket, String prefix, String after, int most);

    /** The tags of an object. */
    Map<String, String> tags(ObjectRef object);

    @Override
    void close();

    /**
     * An object by its place.
     *
     * @param bucket its name
     * @param key decoded
     * @param etag without quotes; when given, another content under the key is not it
     * @param versionId when given, that version
     */
    record ObjectRef(String bucket, String key, Optional<String> etag, Optional<String> versionId) {
        /** Whatever is there now. */
        public ObjectRef(String bucket, String key) {
            this(bucket, key, Optional.empty(), Optional.empty());
        }
    }

    /**
     * What a store says of an object.
     *
     * @param etag without quotes
     * @param contentType empty when the store says none, as in listings
     * @param metadata of the user, names without {@code x-amz-meta-} and in lower case; empty in
     *     listings
     */
    record ObjectInfo(
            String bucket,
            String key,
            long size,
            String etag,
            Optional<String> versionId,
            Instant modified,
            String contentType,
            Map<String, String> metadata) {
        public ObjectInfo {
            metadata = Map.copyOf(metadata);
        }
    }

    /** An object with its content. The array is handed over. */
    record ObjectContent(ObjectInfo info, byte[] bytes) {}
}
