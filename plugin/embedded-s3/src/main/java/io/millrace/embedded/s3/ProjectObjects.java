package io.millrace.embedded.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.embedded.s3.depot.Conditions;
import io.millrace.embedded.s3.depot.Depot;
import io.millrace.embedded.s3.depot.Listing;
import io.millrace.embedded.s3.depot.StoredObject;
import io.millrace.spi.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The buckets of one project, without a way over the network. */
final class ProjectObjects implements ObjectStore {

    private final Depot depot;
    private final ProjectId project;

    ProjectObjects(Depot depot, ProjectId project) {
        this.depot = depot;
        this.project = project;
    }

    @Override
    public Optional<ObjectInfo> head(ObjectRef object) {
        if (isOfAnotherVersion(object) || !depot.hasBucket(project, object.bucket())) {
            return Optional.empty();
        }
        return depot.find(project, object.bucket(), object.key())
                .filter(found -> isMeant(object, found))
                .map(found -> info(found, found.userMetadata()));
    }

    @Override
    public ObjectContent get(ObjectRef object, long limit) {
        if (isOfAnotherVersion(object)) {
            throw MillraceException.notFound(
                    "the embedded object store keeps no versions; %s of %s/%s is not there"
                            .formatted(
                                    object.versionId().orElse(""), object.bucket(), object.key()));
        }
        Depot.Opened opened = depot.open(project, object.bucket(), object.key(), Conditions.NONE);
        try (FileChannel content = opened.content()) {
            StoredObject found = opened.object();
            if (!isMeant(object, found)) {
                throw changed(object);
            }
            if (found.size() > limit) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE,
                        "the object %s/%s has %d bytes, allowed are %d"
                                .formatted(found.bucket(), found.key(), found.size(), limit));
            }
            return new ObjectContent(info(found, found.userMetadata()), read(found, content));
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot read the object %s/%s".formatted(object.bucket(), object.key()), e);
        }
    }

    private static byte[] read(StoredObject found, FileChannel content) throws IOException {
        if (content.size() != found.size()) {
            throw MillraceException.internal(
                    "the content of the object %s/%s is damaged: %d bytes are left of %d; store it again"
                            .formatted(found.bucket(), found.key(), content.size(), found.size()),
                    null);
        }
        var bytes = new byte[Math.toIntExact(found.size())];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining() && content.read(buffer) >= 0) {
            // until it is full
        }
        return bytes;
    }

    @Override
    public String put(
            String bucket,
            String key,
            byte[] content,
            String contentType,
            Map<String, String> metadata) {
        return depot.put(
                        project,
                        new Depot.Upload(
                                bucket,
                                key,
                                new ByteArrayInputStream(content),
                                content.length,
                                null,
                                Map.of(StoredObject.CONTENT_TYPE, contentType),
                                lowerCase(metadata),
                                Conditions.NONE))
                .etag();
    }

    @Override
    public void copy(ObjectRef from, String bucket, String key) {
        if (isOfAnotherVersion(from)) {
            throw changed(from);
        }
        depot.copy(
                project,
                new Depot.Copy(
                        from.bucket(),
                        from.key(),
                        Conditions.ofWrite(from.etag().orElse(null), null),
                        bucket,
                        key,
                        Optional.empty()));
    }

    @Override
    public void delete(ObjectRef object) {
        if (!isOfAnotherVersion(object) && depot.hasBucket(project, object.bucket())) {
            depot.delete(project, object.bucket(), object.key(), found -> isMeant(object, found));
        }
    }

    @Override
    public void ensureBucket(String bucket) {
        if (!depot.hasBucket(project, bucket)) {
            depot.makeBucket(project, bucket);
        }
    }

    @Override
    public List<ObjectInfo> list(String bucket, String prefix, String after, int most) {
        return depot.list(project, bucket, new Listing(prefix, "", after, most)).objects().stream()
                .map(found -> info(found, Map.of()))
                .toList();
    }

    /** None: clients cannot set any. */
    @Override
    public Map<String, String> tags(ObjectRef object) {
        depot.head(project, object.bucket(), object.key());
        return Map.of();
    }

    /** Nothing to give back. */
    @Override
    public void close() {}

    private static boolean isOfAnotherVersion(ObjectRef object) {
        return object.versionId().filter(id -> !id.isEmpty() && !id.equals("null")).isPresent();
    }

    private static boolean isMeant(ObjectRef object, StoredObject found) {
        return object.etag().map(Conditions::bare).map(found.etag()::equals).orElse(true);
    }

    private static MillraceException changed(ObjectRef object) {
        return new MillraceException(
                ErrorCode.CONFLICT,
                "the object %s/%s is not the one with the ETag %s any more"
                        .formatted(object.bucket(), object.key(), object.etag().orElse("")));
    }

    private static ObjectInfo info(StoredObject found, Map<String, String> metadata) {
        return new ObjectInfo(
                found.bucket(),
                found.key(),
                found.size(),
                found.etag(),
                Optional.empty(),
                found.modified(),
                found.headers().getOrDefault(StoredObject.CONTENT_TYPE, ""),
                metadata);
    }

    private static Map<String, String> lowerCase(Map<String, String> metadata) {
        var names = new TreeMap<String, String>();
        metadata.forEach((name, value) -> names.put(name.toLowerCase(Locale.ROOT), value));
        return names;
    }
}
