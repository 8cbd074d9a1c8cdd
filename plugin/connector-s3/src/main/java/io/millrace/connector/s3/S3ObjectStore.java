package io.millrace.connector.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.Tag;

/** A store that speaks S3, with one credential. */
final class S3ObjectStore implements ObjectStore {

    private static final int TRIES = 4;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    /** Versions of objects that were stored before their bucket kept versions. */
    private static final String NO_VERSION = "null";

    private final S3Slot slot;
    private final TimeSource time;
    private final Consumer<S3Slot> giveBack;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    S3ObjectStore(S3Slot slot, TimeSource time, Consumer<S3Slot> giveBack) {
        this.slot = slot;
        this.time = time;
        this.giveBack = giveBack;
    }

    @Override
    public Optional<ObjectInfo> head(ObjectRef object) {
        try {
            HeadObjectResponse answer =
                    call(
                            object.bucket(),
                            object.key(),
                            client ->
                                    client.headObject(r ->
                                            r.bucket(object.bucket())
                                                    .key(object.key())
                                                    .versionId(version(object))));
            var info = info(object, answer);
            boolean isIt = object.etag().isEmpty() || object.etag().get().equals(info.etag());
            return isIt ? Optional.of(info) : Optional.empty();
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static ObjectInfo info(ObjectRef object, HeadObjectResponse answer) {
        return new ObjectInfo(
                object.bucket(),
                object.key(),
                answer.contentLength() == null ? 0 : answer.contentLength(),
                plainEtag(answer.eTag()),
                Optional.ofNullable(answer.versionId()).filter(v -> !v.equals(NO_VERSION)),
                answer.lastModified() == null ? Instant.EPOCH : answer.lastModified(),
                answer.contentType() == null ? "" : answer.contentType(),
                lowerCase(answer.metadata()));
    }

    @Override
    public ObjectContent get(ObjectRef object, long limit) {
        return new RangedGet(object, version(object), limit, this::call).run();
    }

    /** A version, where it says more than that there are none. */
    private static @Nullable String version(ObjectRef object) {
        return object.versionId()
                .filter(id -> !id.isEmpty() && !id.equals(NO_VERSION))
                .orElse(null);
    }

    static String plainEtag(@Nullable String etag) {
        return etag == null ? "" : etag.replace("\"", "");
    }

    static Map<String, String> lowerCase(Map<String, String> metadata) {
        var lower = new HashMap<String, String>();
        metadata.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
        return lower;
    }

    @Override
    public String put(
            String bucket,
            String key,
            byte[] content,
            String contentType,
            Map<String, String> metadata) {
        return plainEtag(
                call(
                                bucket,
                                key,
                                client ->
                                        client.putObject(
                                                r ->
                                                        r.bucket(bucket)
                                                                .key(key)
                                                                .contentType(contentType)
                                                                .metadata(metadata),
                                                RequestBody.fromBytes(content)))
                        .eTag());
    }

    @Override
    public void copy(ObjectRef from, String bucket, String key) {
        var request =
                CopyObjectRequest.builder()
                        .sourceBucket(from.bucket())
                        .sourceKey(from.key())
                        .sourceVersionId(version(from))
                        .destinationBucket(bucket)
                        .destinationKey(key);
        from.etag().ifPresent(etag -> request.copySourceIfMatch("\"" + etag + "\""));
        call(from.bucket(), from.key(), client -> client.copyObject(request.build()));
    }

    /** Stores do not compare before they delete, so somebody may still be faster. */
    @Override
    public void delete(ObjectRef object) {
        if (object.etag().isPresent() && version(object) == null && head(object).isEmpty()) {
            return;
        }
        try {
            call(
                    object.bucket(),
                    object.key(),
                    client ->
                            client.deleteObject(r ->
                                    r.bucket(object.bucket())
                                            .key(object.key())
                                            .versionId(version(object))));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
        }
    }

    @Override
    public void ensureBucket(String bucket) {
        if (exists(bucket)) {
            return;
        }
        call(bucket, "", client -> create(client, bucket));
    }

    private boolean exists(String bucket) {
        try {
            call(bucket, "", client -> client.headBucket(r -> r.bucket(bucket)));
            return true;
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private boolean create(S3Client client, String bucket) {
        var request = CreateBucketRequest.builder().bucket(bucket);
        String region = slot.connection().region();
        if (slot.connection().endpoint().isEmpty() && !region.equals("us-east-1")) {
            request.createBucketConfiguration(c -> c.locationConstraint(region));
        }
        try {
            client.createBucket(request.build());
        } catch (BucketAlreadyOwnedByYouException _) {
            return false; // somebody else was faster
        }
        return true;
    }

    @Override
    public List<ObjectInfo> list(String bucket, String prefix, String after, int most) {
        var answer =
                call(
                        bucket,
                        prefix,
                        client ->
                                client.listObjectsV2(r -> {
                                    r.bucket(bucket).maxKeys(most);
                                    if (!prefix.isEmpty()) {
                                        r.prefix(prefix);
                                    }
                                    if (!after.isEmpty()) {
                                        r.startAfter(after);
                                    }
                                }));
        var page = new ArrayList<ObjectInfo>();
        for (S3Object object : answer.contents()) {
            page.add(
                    new ObjectInfo(
                            bucket,
                            object.key(),
                            object.size() == null ? 0 : object.size(),
                            plainEtag(object.eTag()),
                            Optional.empty(),
                            object.lastModified() == null ? Instant.EPOCH : object.lastModified(),
                            "",
                            Map.of()));
        }
        return page;
    }

    @Override
    public Map<String, String> tags(ObjectRef object) {
        var tags = new HashMap<String, String>();
        var answer =
                call(
                        object.bucket(),
                        object.key(),
                        client ->
                                client.getObjectTagging(r ->
                                        r.bucket(object.bucket())
                                                .key(object.key())
                                                .versionId(version(object))));
        for (Tag tag : answer.tagSet()) {
            tags.put(tag.key(), tag.value());
        }
        return tags;
    }

    /** Calls the store, again after a while when it is away or busy. */
    private <T> T call(String bucket, String key, Function<S3Client, T> action) {
        Duration pause = FIRST_PAUSE;
        for (int i = 1; ; i++) {
            if (isClosed.get()) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "the object store is closed");
            }
            try {
                return slot.call(action);
            } catch (SdkException e) {
                MillraceException failure = S3Failures.of(bucket, key, e);
                if (failure.code() != ErrorCode.UNAVAILABLE
                        || i == TRIES
                        || isRefusedForGood(e)
                        || Thread.currentThread().isInterrupted()) {
                    throw failure;
                }
                time.pause(pause);
                pause = pause.multipliedBy(2);
            }
        }
    }

    private static boolean isRefusedForGood(SdkException e) {
        return e instanceof S3Exception answered
                && answered.statusCode() >= 300
                && answered.statusCode() < 400;
    }

    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            giveBack.accept(slot);
        }
    }
}
