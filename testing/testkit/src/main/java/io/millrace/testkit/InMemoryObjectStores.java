package io.millrace.testkit;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStores;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** Object stores that hold what a test puts into them, and fail when it says so. */
public final class InMemoryObjectStores implements ObjectStores {

    private final Map<Optional<BucketConnection>, Memory> stores = new HashMap<>();
    private final Deque<MillraceException> failures = new ArrayDeque<>();
    private final List<String> calls = new ArrayList<>();
    private int open;

    @Override
    public synchronized ObjectStore open(ProjectId project, Optional<BucketConnection> connection) {
        open++;
        return stores.computeIfAbsent(connection, _ -> new Memory());
    }

    /** The embedded store. */
    public ObjectStore embedded() {
        return of(Optional.empty());
    }

    /** A store. */
    public synchronized ObjectStore of(Optional<BucketConnection> connection) {
        return stores.computeIfAbsent(connection, _ -> new Memory());
    }

    /** The next call fails so; several failures come one after another. */
    public synchronized void failNext(ErrorCode code, String message) {
        failures.add(new MillraceException(code, message));
    }

    /** What was asked, such as {@code get photos/a.png}. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** How often stores were opened and not closed. */
    public synchronized int open() {
        return open;
    }

    private synchronized void called(String what, String bucket, String key) {
        calls.add(what + " " + bucket + "/" + key);
        MillraceException failure = failures.poll();
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized void closed() {
        open--;
    }

    private final class Memory implements ObjectStore {
        private final Map<String, TreeMap<String, ObjectContent>> buckets = new HashMap<>();

        @Override
        public synchronized Optional<ObjectInfo> head(ObjectRef object) {
            called("head", object.bucket(), object.key());
            return find(object).map(ObjectContent::info).filter(info -> isIt(object, info));
        }

        private boolean isIt(ObjectRef object, ObjectInfo info) {
            return object.etag().isEmpty() || object.etag().get().equals(info.etag());
        }

        private Optional<ObjectContent> find(ObjectRef object) {
            TreeMap<String, ObjectContent> bucket = buckets.get(object.bucket());
            return bucket == null
                    ? Optional.empty()
                    : Optional.ofNullable(bucket.get(object.key()));
        }

        @Override
        public synchronized ObjectContent get(ObjectRef object, long limit) {
            called("get", object.bucket(), object.key());
            ObjectContent found =
                    find(object)
                            .orElseThrow(() ->
                                    MillraceException.notFound(
                                            "there is no s3://%s/%s"
                                                    .formatted(object.bucket(), object.key())));
            if (!isIt(object, found.info())) {
                throw new MillraceException(
                        ErrorCode.CONFLICT, object.key() + " has another content now");
            }
            if (found.bytes().length > limit) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE,
                        "%s has %d bytes, allowed are %d"
                                .formatted(object.key(), found.bytes().length, limit));
            }
            return new ObjectContent(found.info(), found.bytes().clone());
        }

        @Override
        public synchronized String put(
                String bucket,
                String key,
                byte[] content,
                String contentType,
                Map<String, String> metadata) {
            called("put", bucket, key);
            TreeMap<String, ObjectContent> objects = buckets.get(bucket);
            if (objects == null) {
                throw MillraceException.notFound("there is no bucket " + bucket);
            }
            var crc = new CRC32();
            crc.update(content);
            String etag = HexFormat.of().toHexDigits(crc.getValue());
            objects.put(
                    key,
                    new ObjectContent(
                            new ObjectInfo(
                                    bucket,
                                    key,
                                    content.length,
                                    etag,
                                    Optional.empty(),
                                    Instant.EPOCH,
                                    contentType,
                                    metadata),
                            content.clone()));
            return etag;
        }

        @Override
        public synchronized void copy(ObjectRef from, String bucket, String key) {
            ObjectContent content = get(from, Long.MAX_VALUE);
            put(
                    bucket,
                    key,
                    content.bytes(),
                    content.info().contentType(),
                    content.info().metadata());
        }

        @Override
        public synchronized void delete(ObjectRef object) {
            called("delete", object.bucket(), object.key());
            TreeMap<String, ObjectContent> bucket = buckets.get(object.bucket());
            if (bucket != null) {
                bucket.remove(object.key());
            }
        }

        @Override
        public synchronized void ensureBucket(String bucket) {
            called("ensureBucket", bucket, "");
            buckets.computeIfAbsent(bucket, _ -> new TreeMap<>());
        }

        @Override
        public synchronized List<ObjectInfo> list(
                String bucket, String prefix, String after, int most) {
            called("list", bucket, prefix);
            TreeMap<String, ObjectContent> objects = buckets.get(bucket);
            if (objects == null) {
                throw MillraceException.notFound("there is no bucket " + bucket);
            }
            return objects.tailMap(after, false).values().stream()
                    .map(ObjectContent::info)
                    .filter(info -> info.key().startsWith(prefix))
                    .limit(most)
                    .toList();
        }

        @Override
        public synchronized Map<String, String> tags(ObjectRef object) {
            called("tags", object.bucket(), object.key());
            return Map.of();
        }

        @Override
        public void close() {
            closed();
        }
    }
}
