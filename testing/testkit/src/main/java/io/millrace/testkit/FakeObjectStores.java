package io.millrace.testkit;

import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStores;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Object stores in memory: one for each connection, the embedded one among them. They fail, wait
 * and crash as told, before or after a call has had its effect.
 */
public final class FakeObjectStores implements ObjectStores {

    private final Map<Place, Memory> stores = new HashMap<>();
    private final List<Call> calls = new ArrayList<>();
    private final AtomicInteger open = new AtomicInteger();
    private volatile Consumer<Call> before = _ -> {};
    private volatile Consumer<Call> after = _ -> {};

    /**
     * What a store was asked for: {@code put}, {@code photos}, {@code 0.png}.
     *
     * @param content of what is put; else empty
     */
    public record Call(String operation, String bucket, String key, String content) {
        Call(String operation, String bucket, String key) {
            this(operation, bucket, key, "");
        }

        @Override
        public String toString() {
            return operation + " " + bucket + (key.isEmpty() ? "" : "/" + key);
        }
    }

    private record Place(ProjectId project, Optional<BucketConnection> connection) {}

    /** Called before each call has its effect; may wait, and may throw instead. */
    public FakeObjectStores before(Consumer<Call> hook) {
        before = hook;
        return this;
    }

    /** Called when a call has had its effect; may throw all the same, as when an answer is lost. */
    public FakeObjectStores after(Consumer<Call> hook) {
        after = hook;
        return this;
    }

    /** All calls so far, in order. */
    public List<Call> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    /** How many stores are open. */
    public int open() {
        return open.get();
    }

    @Override
    public ObjectStore open(ProjectId project, Optional<BucketConnection> connection) {
        open.incrementAndGet();
        return new Opened(memory(project, connection));
    }

    /** A store as it is, with no faults and nothing counted. */
    public ObjectStore quiet(ProjectId project, Optional<BucketConnection> connection) {
        return memory(project, connection);
    }

    private Memory memory(ProjectId project, Optional<BucketConnection> connection) {
        synchronized (stores) {
            return stores.computeIfAbsent(new Place(project, connection), _ -> new Memory());
        }
    }

    private void before(Call call) {
        synchronized (calls) {
            calls.add(call);
        }
        before.accept(call);
    }

    /** The content of a store. */
    private static final class Memory implements ObjectStore {

        private final Map<String, NavigableMap<String, ObjectContent>> buckets = new HashMap<>();

        private @Nullable ObjectContent find(ObjectRef object) {
            NavigableMap<String, ObjectContent> bucket = buckets.get(object.bucket());
            return bucket == null || object.versionId().isPresent()
                    ? null
                    : bucket.get(object.key());
        }

        private static boolean isIt(ObjectRef object, ObjectContent found) {
            return object.etag().isEmpty() || object.etag().get().equals(found.info().etag());
        }

        private NavigableMap<String, ObjectContent> bucket(String name) {
            NavigableMap<String, ObjectContent> bucket = buckets.get(name);
            if (bucket == null) {
                throw MillraceException.notFound("there is no bucket " + name);
            }
            return bucket;
        }

        @Override
        public synchronized Optional<ObjectInfo> head(ObjectRef object) {
            ObjectContent found = find(object);
            return found == null || !isIt(object, found)
                    ? Optional.empty()
                    : Optional.of(found.info());
        }

        @Override
        public synchronized ObjectContent get(ObjectRef object, long limit) {
            var _ = bucket(object.bucket());
            ObjectContent found = find(object);
            if (found == null) {
                throw MillraceException.notFound(
                        "there is no s3://%s/%s".formatted(object.bucket(), object.key()));
            }
            if (!isIt(object, found)) {
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
            String etag = md5(content);
            var info =
                    new ObjectInfo(
                            bucket,
                            key,
                            content.length,
                            etag,
                            Optional.empty(),
                            Instant.EPOCH,
                            contentType,
                            metadata);
            bucket(bucket).put(key, new ObjectContent(info, content.clone()));
            return etag;
        }

        private static String md5(byte[] content) {
            try {
                return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
            } catch (NoSuchAlgorithmException e) {
                throw MillraceException.internal("every JDK has MD5", e);
            }
        }

        @Override
        public synchronized void copy(ObjectRef from, String bucket, String key) {
            ObjectContent content = get(from, Long.MAX_VALUE);
            ObjectInfo info = content.info();
            put(bucket, key, content.bytes(), info.contentType(), info.metadata());
        }

        @Override
        public synchronized void delete(ObjectRef object) {
            ObjectContent found = find(object);
            if (found != null && isIt(object, found)) {
                bucket(object.bucket()).remove(object.key());
            }
        }

        @Override
        public synchronized void ensureBucket(String bucket) {
            buckets.computeIfAbsent(bucket, _ -> new TreeMap<>());
        }

        @Override
        public synchronized List<ObjectInfo> list(
                String bucket, String prefix, String after, int most) {
            return bucket(bucket).tailMap(after, false).values().stream()
                    .map(ObjectContent::info)
                    .filter(info -> info.key().startsWith(prefix))
                    .limit(most)
                    .toList();
        }

        @Override
        public synchronized Map<String, String> tags(ObjectRef object) {
            return Map.of();
        }

        @Override
        public void close() {}
    }

    /** A store as somebody has opened it. */
    private final class Opened implements ObjectStore {

        private final Memory memory;
        private boolean isClosed;

        Opened(Memory memory) {
            this.memory = memory;
        }

        private <T> T call(Call call, Supplier<T> action) {
            before(call);
            T result = action.get();
            after.accept(call);
            return result;
        }

        private void run(Call call, Runnable action) {
            before(call);
            action.run();
            after.accept(call);
        }

        private static Call of(String operation, ObjectRef object) {
            return new Call(operation, object.bucket(), object.key());
        }

        @Override
        public Optional<ObjectInfo> head(ObjectRef object) {
            return call(of("head", object), () -> memory.head(object));
        }

        @Override
        public ObjectContent get(ObjectRef object, long limit) {
            return call(of("get", object), () -> memory.get(object, limit));
        }

        @Override
        public String put(
                String bucket,
                String key,
                byte[] content,
                String contentType,
                Map<String, String> metadata) {
            return call(
                    new Call("put", bucket, key, new String(content, StandardCharsets.UTF_8)),
                    () -> memory.put(bucket, key, content, contentType, metadata));
        }

        @Override
        public void copy(ObjectRef from, String bucket, String key) {
            run(new Call("copy", bucket, key), () -> memory.copy(from, bucket, key));
        }

        @Override
        public void delete(ObjectRef object) {
            run(of("delete", object), () -> memory.delete(object));
        }

        @Override
        public void ensureBucket(String bucket) {
            run(new Call("ensure", bucket, ""), () -> memory.ensureBucket(bucket));
        }

        @Override
        public List<ObjectInfo> list(String bucket, String prefix, String after, int most) {
            return call(
                    new Call("list", bucket, prefix),
                    () -> memory.list(bucket, prefix, after, most));
        }

        @Override
        public Map<String, String> tags(ObjectRef object) {
            return call(of("tags", object), () -> memory.tags(object));
        }

        @Override
        public void close() {
            if (!isClosed) {
                isClosed = true;
                open.decrementAndGet();
            }
        }
    }
}
