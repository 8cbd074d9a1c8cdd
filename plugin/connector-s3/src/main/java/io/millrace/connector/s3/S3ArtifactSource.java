package io.millrace.connector.s3;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactAddress;
import io.millrace.spi.ArtifactSource;
import io.millrace.spi.Secrets;
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
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Fetches an object, or all objects below a prefix as a folder, from {@code s3://bucket/key}. The
 * store is the operator's choice, in which users name only buckets and keys, or one that the
 * version names with a secret of its project.
 */
public final class S3ArtifactSource implements ArtifactSource, AutoCloseable {

    private static final int MAX_OBJECTS = 10_000;
    private static final String ACCESS_KEY = "accessKey";
    private static final String SECRET_KEY = "secretKey";

    private final AllowedOrigins origins;
    private final S3Config config;
    private final Secrets secrets;
    private @Nullable S3Client client;

    /**
     * Makes the source; a client is made with the first use, for it is large.
     *
     * @param origins from where it may fetch
     * @param config of the store that is meant where an address names none
     * @param secrets of the stores that addresses name
     */
    public S3ArtifactSource(AllowedOrigins origins, S3Config config, Secrets secrets) {
        this.origins = origins;
        this.config = config;
        this.secrets = secrets;
    }

    /** Of one store only. */
    public S3ArtifactSource(AllowedOrigins origins, S3Config config) {
        this(origins, config, Secrets.none());
    }

    @Override
    public Set<String> schemes() {
        return Set.of("s3");
    }

    @Override
    public void check(URI address) {
        checkForm(address);
        origins.check(address);
    }

    /** What a store's own endpoint gives is reached over HTTP: that is what must be allowed. */
    @Override
    public void check(ArtifactAddress address) {
        String endpoint = address.store().map(BucketConnection::endpoint).orElse("");
        if (endpoint.isEmpty()) {
            check(address.uri());
            return;
        }
        checkForm(address.uri());
        URI base = URI.create(endpoint);
        origins.check(base.resolve("/" + address.uri().getHost() + address.uri().getRawPath()));
    }

    private static void checkForm(URI address) {
        if (address.getHost() == null || address.getPort() >= 0 || address.getRawQuery() != null) {
            throw MillraceException.invalid(
                    "expected s3://bucket/key or s3://bucket, got "
                            + AllowedOrigins.shown(address));
        }
    }

    private static String key(URI address) {
        String path = address.getPath() == null ? "" : address.getPath();
        return path.startsWith("/") ? path.substring(1) : path;
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        check(address);
        fetch(client(), address, folder, limit);
    }

    @Override
    public void fetch(ArtifactAddress address, Path folder, DataSize limit) {
        if (address.store().isEmpty()) {
            fetch(address.uri(), folder, limit);
            return;
        }
        check(address);
        BucketConnection store = address.store().get();
        // Seldom enough that a client for each is better than clients that nobody closes.
        try (S3Client own = clientOf(settings(address.project(), store), store)) {
            fetch(own, address.uri(), folder, limit);
        }
    }

    private void fetch(S3Client from, URI address, Path folder, DataSize limit) {
        try {
            List<S3Object> objects = objects(from, address.getHost(), key(address));
            if (objects.isEmpty()) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND,
                        "there is nothing at " + AllowedOrigins.shown(address));
            }
            checkSize(address, objects, limit);
            for (S3Object object : objects) {
                save(from, address, object, folder);
            }
        } catch (SdkException e) {
            throw failure(address, e);
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot keep what came from " + AllowedOrigins.shown(address), e);
        }
    }

    /** How to reach a store, with the values of its secret. */
    private S3Config settings(ProjectId project, BucketConnection store) {
        URI endpoint = store.endpoint().isEmpty() ? null : URI.create(store.endpoint());
        if (store.secret().isEmpty()) {
            return new S3Config(endpoint, store.region(), null, null);
        }
        ResourceName name = store.secret().get();
        Secrets.Secret secret =
                secrets.find(project, name)
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "there is no secret %s in project %s: set it with accessKey and secretKey"
                                                .formatted(name, project)));
        return new S3Config(
                endpoint, store.region(), secret.require(ACCESS_KEY), secret.require(SECRET_KEY));
    }

    /** The object of that key, else those in the folder of that name; never what only begins so. */
    private static List<S3Object> objects(S3Client from, String bucket, String key) {
        var found = new ArrayList<S3Object>();
        String folder = folderOf(key);
        var request = ListObjectsV2Request.builder().bucket(bucket).prefix(key).build();
        for (S3Object object : from.listObjectsV2Paginator(request).contents()) {
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

    /** What the keys below begin with; of a whole bucket nothing. */
    private static String folderOf(String key) {
        return key.isEmpty() || key.endsWith("/") ? key : key + "/";
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

    private static void save(S3Client from, URI address, S3Object object, Path folder)
            throws IOException {
        String key = key(address);
        String name =
                object.key().equals(key)
                        ? key.substring(key.lastIndexOf('/') + 1)
                        : object.key().substring(folderOf(key).length());
        Path target = inside(folder, name);
        Files.createDirectories(java.util.Objects.requireNonNullElse(target.getParent(), folder));
        // The listed size was checked: an object that has changed since must not be larger.
        from.getObject(
                request ->
                        request.bucket(address.getHost()).key(object.key()).ifMatch(object.eTag()),
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
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof MillraceException refused) {
                return refused; // the name led to where this server must not go
            }
        }
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
            made = builder(config, config.endpoint() != null).build();
            client = made;
        }
        return made;
    }

    /** A client of a store that a user named: where its name leads is looked at, too. */
    private S3Client clientOf(S3Config settings, BucketConnection store) {
        S3ClientBuilder builder = builder(settings, store.isPathStyle());
        if (!store.endpoint().isEmpty()) {
            builder.httpClientBuilder(http().dnsResolver(new CheckingResolver(origins)));
        }
        return builder.build();
    }

    private static S3ClientBuilder builder(S3Config config, boolean isPathStyle) {
        var builder =
                S3Client.builder()
                        .region(Region.of(config.region()))
                        .credentialsProvider(credentials(config))
                        // Stores other than Amazon's refuse the newer checksums.
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .serviceConfiguration(
                                S3Configuration.builder()
                                        .pathStyleAccessEnabled(isPathStyle)
                                        .build())
                        .httpClientBuilder(http());
        if (config.endpoint() != null) {
            builder.endpointOverride(config.endpoint());
        }
        return builder;
    }

    private static Apache5HttpClient.Builder http() {
        return Apache5HttpClient.builder()
                .connectionTimeout(Duration.ofSeconds(10))
                .socketTimeout(Duration.ofSeconds(30));
    }

    /** No look around for credentials: that would ask the network. */
    private static AwsCredentialsProvider credentials(S3Config config) {
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
