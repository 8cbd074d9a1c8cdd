package io.millrace.connector.s3;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.ObjectStore.ObjectContent;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Fetches one object: small ones with one request, others range by range, so that a connection that
 * breaks costs one range. All ranges are of the same content, or the fetch fails.
 */
final class RangedGet {

    private static final int RANGE = 8 << 20;
    private static final int NOT_SATISFIABLE = 416;
    private static final String NO_VERSION = "null";

    private final ObjectRef object;
    private final @Nullable String version;
    private final long limit;
    private final Calls calls;

    /** Calls the store, again when it is busy. */
    interface Calls {
        <T> T call(String bucket, String key, Function<S3Client, T> action);
    }

    /** A part of the content. */
    private record Part(GetObjectResponse answer, long total, byte[] bytes) {}

    RangedGet(ObjectRef object, @Nullable String version, long limit, Calls calls) {
        this.object = object;
        this.version = version;
        this.limit = limit;
        this.calls = calls;
    }

    ObjectContent run() {
        Part first = part(0, object.etag().orElse(null));
        String etag = S3ObjectStore.plainEtag(first.answer().eTag());
        if (object.etag().isPresent() && !object.etag().get().equals(etag)) {
            throw changed();
        }
        byte[] bytes = first.bytes();
        if (first.total() > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.toIntExact(first.total()));
            int filled = first.bytes().length;
            while (filled < bytes.length) {
                Part next = part(filled, etag);
                if (next.total() != bytes.length || next.bytes().length == 0) {
                    throw changed();
                }
                System.arraycopy(next.bytes(), 0, bytes, filled, next.bytes().length);
                filled += next.bytes().length;
            }
        }
        return new ObjectContent(info(first.answer(), etag, bytes.length), bytes);
    }

    private ObjectInfo info(GetObjectResponse answer, String etag, long size) {
        return new ObjectInfo(
                object.bucket(),
                object.key(),
                size,
                etag,
                Optional.ofNullable(answer.versionId()).filter(v -> !v.equals(NO_VERSION)),
                answer.lastModified() == null ? Instant.EPOCH : answer.lastModified(),
                answer.contentType() == null ? "" : answer.contentType(),
                S3ObjectStore.lowerCase(answer.metadata()));
    }

    private MillraceException changed() {
        return new MillraceException(
                ErrorCode.CONFLICT,
                S3Failures.shown(object.bucket(), object.key())
                        + " is not the object that was meant any more: its content has changed");
    }

    private Part part(long from, @Nullable String etag) {
        return calls.call(object.bucket(), object.key(), client -> fetch(client, from, etag));
    }

    private Part fetch(S3Client client, long from, @Nullable String etag) {
        var request =
                GetObjectRequest.builder()
                        .bucket(object.bucket())
                        .key(object.key())
                        .versionId(version)
                        .range("bytes=" + from + "-" + (from + RANGE - 1));
        if (etag != null && !etag.isEmpty()) {
            request.ifMatch("\"" + etag + "\"");
        }
        try (ResponseInputStream<GetObjectResponse> in = client.getObject(request.build())) {
            return read(in, from);
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_SATISFIABLE && from == 0) {
                return empty(client, request.range(null).build()); // no range of nothing
            }
            throw e;
        } catch (IOException e) {
            throw SdkClientException.create("the answer broke off: " + e.getMessage(), e);
        }
    }

    private Part empty(S3Client client, GetObjectRequest request) throws S3Exception {
        try (ResponseInputStream<GetObjectResponse> in = client.getObject(request)) {
            return read(in, 0);
        } catch (IOException e) {
            throw SdkClientException.create("the answer broke off: " + e.getMessage(), e);
        }
    }

    private Part read(ResponseInputStream<GetObjectResponse> in, long from) throws IOException {
        GetObjectResponse answer = in.response();
        long length = answer.contentLength() == null ? 0 : answer.contentLength();
        long total = total(answer.contentRange(), from, length);
        if (total > limit) {
            in.abort();
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "%s has %d bytes, allowed are %d"
                            .formatted(
                                    S3Failures.shown(object.bucket(), object.key()), total, limit));
        }
        byte[] bytes = exactly(in, Math.toIntExact(length));
        return new Part(answer, total, bytes);
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException(bytes.length + " of " + length + " bytes came");
        }
        return bytes;
    }

    /** Of {@code bytes 0-99/1234}; a store that does not know ranges sends all without it. */
    private static long total(@Nullable String range, long from, long length) {
        int slash = range == null ? -1 : range.lastIndexOf('/');
        if (range == null || slash < 0) {
            return length;
        }
        try {
            return Long.parseLong(range.substring(slash + 1).strip());
        } catch (NumberFormatException _) {
            return from + length; // a star: the store does not say
        }
    }
}
