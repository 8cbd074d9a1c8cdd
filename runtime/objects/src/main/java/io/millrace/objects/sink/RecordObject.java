package io.millrace.objects.sink;

import io.millrace.api.MillraceException;
import io.millrace.api.ObjectNames;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.ObjectStore.ObjectRef;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The object that a record is about, as its headers say; only Millrace writes such headers.
 *
 * @param bucket its name
 * @param key decoded
 * @param etag when its event was sent
 * @param versionId when the bucket keeps versions
 * @param size in bytes
 * @param source the data source, as project/name; empty when the record does not say
 */
record RecordObject(
        String bucket,
        String key,
        Optional<String> etag,
        Optional<String> versionId,
        OptionalLong size,
        String source) {

    /** The object of a record; null when it is about none. */
    static @Nullable RecordObject of(List<Header> headers) {
        String bucket = find(headers, HeaderNames.OBJECT_BUCKET);
        String key = find(headers, HeaderNames.OBJECT_KEY);
        if (bucket.isEmpty() || key.isEmpty()) {
            return null;
        }
        return new RecordObject(
                bucket,
                key,
                filled(find(headers, HeaderNames.OBJECT_ETAG)),
                filled(find(headers, HeaderNames.OBJECT_VERSION)),
                number(find(headers, HeaderNames.OBJECT_SIZE)),
                find(headers, HeaderNames.SOURCE));
    }

    private static String find(List<Header> headers, String name) {
        String found = Header.find(headers, name);
        return found == null ? "" : found;
    }

    private static Optional<String> filled(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static OptionalLong number(String text) {
        try {
            return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException _) {
            return OptionalLong.empty();
        }
    }

    /** The data source of a project that the record is from. */
    ResourceName sourceIn(ProjectId project) {
        String prefix = project.value() + "/";
        if (!source.startsWith(prefix)) {
            throw MillraceException.invalid(
                    "the record tells of the object %s, but not from which bucket data source of project '%s'"
                            .formatted(shown(), project));
        }
        return new ResourceName(source.substring(prefix.length()));
    }

    /** Exactly the object that the event told of. */
    ObjectRef exactly() {
        return new ObjectRef(bucket, key, etag, versionId);
    }

    /** Whatever has its key now. */
    ObjectRef now() {
        return new ObjectRef(bucket, key);
    }

    /** What has its key now, if it is this. */
    ObjectRef nowIfSame() {
        return new ObjectRef(bucket, key, etag, Optional.empty());
    }

    /** For messages. */
    String shown() {
        return "s3://" + ObjectNames.shown(bucket) + "/" + ObjectNames.shown(key);
    }
}
