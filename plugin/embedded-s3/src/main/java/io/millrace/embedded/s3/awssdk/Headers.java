package io.millrace.embedded.s3.awssdk;

import io.millrace.embedded.s3.depot.StoredObject;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** Headers with which an object came, and with which it is served. */
final class Headers {

    private static final String CACHE_CONTROL = "Cache-Control";
    private static final String DISPOSITION = "Content-Disposition";
    private static final String ENCODING = "Content-Encoding";
    private static final String LANGUAGE = "Content-Language";
    private static final String EXPIRES = "Expires";
    private static final String STORAGE_CLASS = "x-amz-storage-class";

    private final Map<String, String> headers = new TreeMap<>();

    private Headers with(String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            headers.put(name, value);
        }
        return this;
    }

    private Headers expires(@Nullable Instant expires) {
        return with(EXPIRES, expires == null ? null : Long.toString(expires.toEpochMilli()));
    }

    static Map<String, String> of(PutObjectRequest request) {
        return new Headers()
                .with(StoredObject.CONTENT_TYPE, request.contentType())
                .with(CACHE_CONTROL, request.cacheControl())
                .with(DISPOSITION, request.contentDisposition())
                .with(ENCODING, request.contentEncoding())
                .with(LANGUAGE, request.contentLanguage())
                .with(STORAGE_CLASS, request.storageClassAsString())
                .expires(request.expires())
                .headers;
    }

    static Map<String, String> of(CopyObjectRequest request) {
        return new Headers()
                .with(StoredObject.CONTENT_TYPE, request.contentType())
                .with(CACHE_CONTROL, request.cacheControl())
                .with(DISPOSITION, request.contentDisposition())
                .with(ENCODING, request.contentEncoding())
                .with(LANGUAGE, request.contentLanguage())
                .expires(request.expires())
                .headers;
    }

    static Map<String, String> of(CreateMultipartUploadRequest request) {
        return new Headers()
                .with(StoredObject.CONTENT_TYPE, request.contentType())
                .with(CACHE_CONTROL, request.cacheControl())
                .with(DISPOSITION, request.contentDisposition())
                .with(ENCODING, request.contentEncoding())
                .with(LANGUAGE, request.contentLanguage())
                .with(STORAGE_CLASS, request.storageClassAsString())
                .expires(request.expires())
                .headers;
    }

    /** Names of metadata have no case; they are kept in lower case. */
    static Map<String, String> metadata(@Nullable Map<String, String> given) {
        var metadata = new TreeMap<String, String>();
        if (given != null) {
            given.forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value));
        }
        return metadata;
    }

    static GetObjectResponse.Builder response(StoredObject object) {
        Map<String, String> headers = object.headers();
        GetObjectResponse.Builder response =
                GetObjectResponse.builder()
                        .eTag(quoted(object.etag()))
                        .lastModified(object.modified())
                        .contentLength(object.size())
                        .contentType(
                                headers.getOrDefault(
                                        StoredObject.CONTENT_TYPE, "binary/octet-stream"))
                        .cacheControl(headers.get(CACHE_CONTROL))
                        .contentDisposition(headers.get(DISPOSITION))
                        .contentEncoding(headers.get(ENCODING))
                        .contentLanguage(headers.get(LANGUAGE))
                        .storageClass(headers.get(STORAGE_CLASS))
                        .metadata(object.metadata());
        String expires = headers.get(EXPIRES);
        return expires == null ? response : expiring(response, Long.parseLong(expires));
    }

    /** The newer property of the SDK is not the one that s3proxy reads. */
    @SuppressWarnings("deprecation")
    private static GetObjectResponse.Builder expiring(
            GetObjectResponse.Builder response, long millis) {
        return response.expires(Instant.ofEpochMilli(millis));
    }

    static String quoted(String etag) {
        return "\"" + etag + "\"";
    }
}
