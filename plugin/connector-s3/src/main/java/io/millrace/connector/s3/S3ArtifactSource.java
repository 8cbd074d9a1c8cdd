package io.millrace.connector.s3;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactSource;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Fetches an object, or all objects below a prefix as a folder, from {@code s3://bucket/key}. The
 * store itself is the operator's choice; users name only buckets and keys in it.
 */
public final class S3ArtifactSource implements ArtifactSource, AutoCloseable {

    private static final int MAX_OBJECTS = 10_000;

    private final AllowedOrigins origins;
    private final S3Config config;
    private @Nullable S3Client client;

    /**
     * Makes the source; the client is made with the first use, for it is large.
     *
     * @param origins from where it may fetch
     * @param config of the store
     */
    public S3ArtifactSource(AllowedOrigins origins, S3Config config) {
        this.origins = origins;
        this.config = config;
    }

    @Override
    public Set<String> schemes() {
        return Set.of("s3");
    }

    @Override
    public void check(URI address) {
        if (address.getHost() == null
                || address.getPort() >= 0
                || address.getRawQuery() != null
                || key(address).isEmpty()) {
            throw MillraceException.invalid(
                    "expected s3://bucket/key, got " + AllowedOrigins.shown(address));
        }
        origins.check(address);
    }

    private static String key(URI address) {
        String path = address.getPath() == null ? "" : address.getPath();
        return path.startsWith("/") ? path.substring(1) : path;
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        check(address);
        try {
            List<S3Object> objects = objects(address.getHost(), key(address));
            if (objects.isEmpty()) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND,
                        "there is nothing at " + AllowedOrigins.shown(address));
            }
            checkSize(address, objects, limit);
            for (S3Object object : objects) {
                save(address, object, folder);
            }
        } catch (SdkException e) {
            throw failure(address, e);
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot keep what came from " + AllowedOrigins.shown(address), e);
        }
    }

    /** The object of that key, else those in the folder of that name; never what only begins so. */
    private List<S3Object> objects(String bucket, String key) {
        var found = new ArrayList<S3Object>();
        String folder = key.endsWith("/") ? key : key + "/";
        var request = ListObjectsV2Request.builder().bucket(bucket).prefix(key).build();
        for (S3Object object : client().listObjectsV2Paginator(request).contents()) {
            if (object.key().equals(key) && !key.endsWith("/")) {
                return List.of(object);
            }
            if (object.key().startsWith(folder) && !object.key().endsWith("/")) {
                found.add(object);
            }
            if (found.size() > MAX_OBJECTS) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE,
                        "more than %d objects are below s3://%s/%s"
                                .formatted(MAX_OBJECTS, bucket, key));
            }
        }
        return found;
    }

    private static void checkSize(URI address, List<S3Object> objects, DataSize limit) {
        long total = 0;
        for (S3Object object : objects) {
            total += object.size();
        }
        if (total > limit.bytes()) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "%s is larger than the %s allowed"
                            .formatted(AllowedOrigins.shown(address), limit));
        }
    }

    private void save(URI address, S3Object object, Path folder) throws IOException {
        String key = key(address);
        String name =
                object.key().equals(key)
                        ? key.substring(key.lastIndexOf('/') + 1)
                        : object.key()
                                .substring(key.endsWith("/") ? key.length() : key.length() + 1);
        Path target = inside(folder, name);
        Files.createDirectories(java.util.Objects.requireNonNullElse(target.getParent(), folder));
        // The listed size was checked: an object that has changed since must not be larger.
        client().getObject(
                        request ->
                                request.bucket(address.getHost())
                                        .key(object.key())
                                        .ifMatch(object.eTag()),
                        target);
    }

    /** Keys are free text: one with dot segments must not leave the folder. */
    private static Path inside(Path folder, String name) {
        Path target = folder.resolve(name).normalize();
        if (name.isEmpty() || name.startsWith("/") || !target.startsWith(folder)) {
            throw MillraceException.invalid("the object '" + name + "' has no usable name");
        }
        return target;
    }

    private static MillraceException failure(URI address, SdkException e) {
        String shown = AllowedOrigins.shown(address);
        if (e instanceof NoSuchBucketException) {
            return new MillraceException(
                    ErrorCode.NOT_FOUND, "there is no bucket " + address.getHost(), e);
        }
        if (e instanceof S3Exception answered) {
            ErrorCode code =
                    switch (answered.statusCode()) {
                        case 401, 403 -> ErrorCode.DENIED;
                        case 404 -> ErrorCode.NOT_FOUND;
                        case 400 -> ErrorCode.INVALID;
                        default -> ErrorCode.UNAVAILABLE;
                    };
            return new MillraceException(
                    code,
                    "the object store answers %d for %s: %s"
                            .formatted(
                                    answered.statusCode(),
                                    shown,
                                    answered.awsErrorDetails() == null
                                            ? "no reason given"
                                            : answered.awsErrorDetails().errorCode()),
                    e);
        }
        String reason = e instanceof SdkClientException ? e.getMessage() : e.toString();
        return new MillraceException(
                ErrorCode.UNAVAILABLE, "cannot fetch " + shown + ": " + reason, e);
    }

    private synchronized S3Client client() {
        S3Client made = client;
        if (made == null) {
            var builder =
                    S3Client.builder()
                            .region(Region.of(config.region()))
                            .credentialsProvider(credentials())
                            // Stores other than Amazon's refuse the newer checksums.
                            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                            .serviceConfiguration(
                                    S3Configuration.builder()
                                            .pathStyleAccessEnabled(config.endpoint() != null)
                                            .build())
                            .httpClientBuilder(
                                    Apache5HttpClient.builder()
                                            .connectionTimeout(Duration.ofSeconds(10))
                                            .socketTimeout(Duration.ofSeconds(30)));
            if (config.endpoint() != null) {
                builder.endpointOverride(config.endpoint());
            }
            made = builder.build();
            client = made;
        }
        return made;
    }

    /** No look around for credentials: that would ask the network. */
    private AwsCredentialsProvider credentials() {
        String accessKey = config.accessKey();
        String secretKey = config.secretKey();
        return accessKey == null || secretKey == null
                ? AnonymousCredentialsProvider.create()
                : StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(accessKey, secretKey));
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
    }
}
