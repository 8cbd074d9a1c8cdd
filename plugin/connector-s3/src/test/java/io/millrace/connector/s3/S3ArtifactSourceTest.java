package io.millrace.connector.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactAddress;
import io.millrace.spi.Secrets;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Against a real S3 server that checks signatures. */
@Timeout(120)
class S3ArtifactSourceTest {

    private static final String KEY = "who";
    private static final String SECRET = "a secret that nobody shall see";
    private static final DataSize LIMIT = DataSize.ofMebibytes(1);

    @TempDir Path objects;
    @TempDir Path folder;
    private S3Proxy store;
    private URI endpoint;

    @BeforeEach
    void serve() throws Exception {
        store =
                S3Proxy.builder()
                        .blobStore(new FilesystemNio2BlobStore(objects.toString()))
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, KEY, SECRET)
                        .build();
        store.start();
        endpoint = URI.create("http://127.0.0.1:" + store.getPort());
        try (S3Client client =
                S3Client.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .credentialsProvider(
                                StaticCredentialsProvider.create(
                                        AwsBasicCredentials.create(KEY, SECRET)))
                        .build()) {
            client.createBucket(request -> request.bucket("models"));
            put(client, "digits/1/model.onnx", "one");
            put(client, "digits/1/parts/weights.bin", "weights");
            put(client, "digits/10/model.onnx", "ten");
        }
    }

    private static void put(S3Client client, String key, String content) {
        client.putObject(
                request -> request.bucket("models").key(key), RequestBody.fromString(content));
    }

    @AfterEach
    void stop() throws Exception {
        store.stop();
    }

    private S3ArtifactSource source(String secret) {
        return new S3ArtifactSource(
                AllowedOrigins.parse(List.of("s3://models/", "s3://gone/")),
                new S3Config(endpoint, "us-east-1", KEY, secret));
    }

    @Test
    void fetchesOneObjectUnderItsName() {
        try (var source = source(SECRET)) {
            source.fetch(URI.create("s3://models/digits/1/model.onnx"), folder, LIMIT);
        }
        assertThat(folder.resolve("model.onnx")).hasContent("one");
    }

    @Test
    void fetchesAFolderAndNothingThatOnlyBeginsLikeIt() throws Exception {
        for (String address : List.of("s3://models/digits/1", "s3://models/digits/1/")) {
            Path target = Files.createTempDirectory(folder, "folder");
            try (var source = source(SECRET)) {
                source.fetch(URI.create(address), target, LIMIT);
            }
            assertThat(target.resolve("model.onnx")).hasContent("one");
            assertThat(target.resolve("parts/weights.bin")).hasContent("weights");
            try (var files = Files.walk(target)) {
                assertThat(files.filter(Files::isRegularFile)).hasSize(2);
            }
        }
    }

    @Test
    void fetchesAWholeBucket() {
        try (var source = source(SECRET)) {
            source.fetch(URI.create("s3://models/"), folder, LIMIT);
        }
        assertThat(folder.resolve("digits/1/parts/weights.bin")).hasContent("weights");
        assertThat(folder.resolve("digits/10/model.onnx")).hasContent("ten");
    }

    @Test
    void explainsWhatIsNotThere() {
        assertRefused(SECRET, "s3://models/digits/2", ErrorCode.NOT_FOUND, "there is nothing at");
        assertRefused(SECRET, "s3://gone/x", ErrorCode.NOT_FOUND, "gone");
        assertRefused("wrong", "s3://models/digits/1", ErrorCode.DENIED, "403");
        assertRefused(SECRET, "s3://others/x", ErrorCode.DENIED, "models.origins");
        assertRefused(SECRET, "s3://models:1/x", ErrorCode.INVALID, "s3://bucket/key");
    }

    @Test
    void refusesMoreThanTheLimit() {
        try (var source = source(SECRET)) {
            URI address = URI.create("s3://models/digits/1");
            assertThatThrownBy(() -> source.fetch(address, folder, new DataSize(5)))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aStoreThatIsNotThereMayComeBack() throws Exception {
        store.stop();
        assertRefused(SECRET, "s3://models/digits/1", ErrorCode.UNAVAILABLE, "cannot fetch");
    }

    @Test
    void fetchesFromTheStoreThatAVersionNames() {
        try (var source = ofUsers(SECRET, endpoint + "/models/")) {
            source.fetch(inStore("s3://models/digits/1/model.onnx", "minio"), folder, LIMIT);
        }
        assertThat(folder.resolve("model.onnx")).hasContent("one");
    }

    @Test
    void explainsWhatIsWrongWithANamedStore() {
        String models = endpoint + "/models/";
        assertStoreRefused("wrong", models, "s3://models/digits/1", ErrorCode.DENIED, "403");
        assertStoreRefused(SECRET, models, "s3://gone/x", ErrorCode.DENIED, "models.origins");
        assertStoreRefused(SECRET, "s3://models/", "s3://models/x", ErrorCode.DENIED, "origins");
        try (var source = ofUsers(SECRET, models)) {
            assertThatThrownBy(() -> source.fetch(inStore("s3://models/x", "other"), folder, LIMIT))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.text()).contains("there is no secret other"));
        }
    }

    private void assertStoreRefused(
            String secret, String allowed, String address, ErrorCode code, String text) {
        try (var source = ofUsers(secret, allowed)) {
            assertThatThrownBy(() -> source.fetch(inStore(address, "minio"), folder, LIMIT))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> {
                                assertThat(e.code()).isEqualTo(code);
                                assertThat(e.text()).contains(text).doesNotContain(SECRET);
                            });
        }
    }

    /** One that has no store of its own: only what users name, where it is allowed. */
    private static S3ArtifactSource ofUsers(String secret, String allowed) {
        var values = new Secrets.Secret(Map.of("accessKey", KEY, "secretKey", secret));
        return new S3ArtifactSource(
                AllowedOrigins.parse(List.of(allowed)),
                new S3Config(URI.create("http://127.0.0.1:9"), "us-east-1", null, null),
                (_, name) -> name.value().equals("minio") ? Optional.of(values) : Optional.empty());
    }

    private ArtifactAddress inStore(String address, String secret) {
        return new ArtifactAddress(
                URI.create(address),
                ProjectId.DEFAULT,
                Optional.of(
                        new BucketConnection(
                                endpoint.toString(),
                                "us-east-1",
                                Optional.of(new ResourceName(secret)),
                                true)));
    }

    @Test
    void neverTellsTheSecret() {
        assertThat(new S3Config(endpoint, "us-east-1", KEY, SECRET).toString())
                .doesNotContain(SECRET);
    }

    private void assertRefused(String secret, String address, ErrorCode code, String text) {
        try (var source = source(secret)) {
            assertThatThrownBy(() -> source.fetch(URI.create(address), folder, LIMIT))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> {
                                assertThat(e.code()).isEqualTo(code);
                                assertThat(e.text()).contains(text).doesNotContain(SECRET);
                            });
        }
    }
}
