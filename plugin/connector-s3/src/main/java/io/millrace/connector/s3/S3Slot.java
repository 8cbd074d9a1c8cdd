package io.millrace.connector.s3;

import io.millrace.api.BucketConnection;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.Secrets;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * The client of one store and credential, shared by all that use it. It is made with the first call
 * and made anew when the secret has changed; a client is closed when its last call has ended.
 */
final class S3Slot {

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(15);
    private static final Duration CALL = Duration.ofSeconds(60);
    private static final int CONNECTIONS = 128;
    private static final List<String> ACCESS_KEYS =
            List.of("accessKey", "AWS_ACCESS_KEY_ID", "awsAccessKeyID");
    private static final List<String> SECRET_KEYS =
            List.of("secretKey", "AWS_SECRET_ACCESS_KEY", "awsSecretAccessKey");

    private final ProjectId project;
    private final BucketConnection connection;
    private final Secrets secrets;
    private final AllowedOrigins origins;
    private @Nullable Shared current;
    private int users;

    S3Slot(
            ProjectId project,
            BucketConnection connection,
            Secrets secrets,
            AllowedOrigins origins) {
        this.project = project;
        this.connection = connection;
        this.secrets = secrets;
        this.origins = origins;
    }

    /** A client with the number of calls that use it. */
    private static final class Shared {
        private final S3Client client;
        private int calls;
        private boolean isRetired;

        Shared(S3Client client) {
            this.client = client;
        }
    }

    BucketConnection connection() {
        return connection;
    }

    /** Counts who has it open. Guarded by the cache. */
    void use() {
        users++;
    }

    /** Whether nobody has it open any more. Guarded by the cache. */
    boolean isLeft() {
        users--;
        return users == 0;
    }

    boolean isMadeWith(ProjectId of, ResourceName secret) {
        return project.equals(of) && connection.secret().filter(secret::equals).isPresent();
    }

    /**
     * Where the store is.
     *
     * @throws MillraceException {@code DENIED} when this server must not go there
     */
    void check() {
        origins.check(endpoint());
        var _ = credentials();
    }

    private URI endpoint() {
        return URI.create(
                connection.endpoint().isEmpty()
                        ? "https://s3." + connection.region() + ".amazonaws.com"
                        : connection.endpoint());
    }

    /** Does something with the client. */
    <T> T call(Function<S3Client, T> action) {
        Shared used = enter();
        try {
            return action.apply(used.client);
        } finally {
            leave(used);
        }
    }

    private synchronized Shared enter() {
        Shared used = current;
        if (used == null) {
            used = new Shared(make());
            current = used;
        }
        used.calls++;
        return used;
    }

    private synchronized void leave(Shared used) {
        used.calls--;
        closeIfDone(used);
    }

    private static void closeIfDone(Shared used) {
        if (used.isRetired && used.calls == 0) {
            used.client.close();
        }
    }

    /** The next call is made with what the secret says then. */
    synchronized void renew() {
        Shared before = current;
        current = null;
        if (before != null) {
            before.isRetired = true;
            closeIfDone(before);
        }
    }

    /** Does something with calls that the client does not know. */
    <T> T setUp(Function<StoreSetUp, T> action) {
        origins.check(endpoint());
        try (var calls =
                new SignedCalls(
                        http().build(), connection.region(), credentials().resolveCredentials())) {
            return action.apply(new StoreSetUp(connection, endpoint(), calls));
        } catch (SdkException e) {
            throw S3Failures.of("", "", e);
        }
    }

    private Apache5HttpClient.Builder http() {
        return Apache5HttpClient.builder()
                .dnsResolver(new CheckingResolver(origins))
                .maxConnections(CONNECTIONS)
                .connectionTimeout(CONNECT)
                .socketTimeout(SILENCE);
    }

    private S3Client make() {
        origins.check(endpoint());
        var builder =
                S3Client.builder()
                        .region(Region.of(connection.region()))
                        .credentialsProvider(credentials())
                        // Stores other than Amazon's refuse the newer checksums.
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .serviceConfiguration(
                                S3Configuration.builder()
                                        .pathStyleAccessEnabled(connection.isPathStyle())
                                        .build())
                        // We try again ourselves: also when an answer breaks off.
                        .overrideConfiguration(o ->
                                o.retryStrategy(DefaultRetryStrategy.doNotRetry())
                                        .apiCallTimeout(CALL))
                        .httpClientBuilder(http());
        if (!connection.endpoint().isEmpty()) {
            builder.endpointOverride(endpoint());
        }
        return builder.build();
    }

    /** No look around for credentials: that would ask the network. */
    private AwsCredentialsProvider credentials() {
        if (connection.secret().isEmpty()) {
            return AnonymousCredentialsProvider.create();
        }
        ResourceName name = connection.secret().get();
        Secrets.Secret secret =
                secrets.find(project, name)
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "there is no secret %s in project %s: set it with accessKey and secretKey"
                                                .formatted(name, project)));
        String accessKey = value(secret, ACCESS_KEYS);
        String secretKey = value(secret, SECRET_KEYS);
        return StaticCredentialsProvider.create(
                secret.value("sessionToken").isPresent()
                        ? AwsSessionCredentials.create(
                                accessKey, secretKey, secret.require("sessionToken"))
                        : AwsBasicCredentials.create(accessKey, secretKey));
    }

    private static String value(Secrets.Secret secret, List<String> names) {
        for (String name : names) {
            if (secret.value(name).isPresent()) {
                return secret.require(name);
            }
        }
        return secret.require(names.getFirst());
    }
}
