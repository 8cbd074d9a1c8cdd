package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** The object store of a real server: with boto3, and as the place that models come from. */
@Timeout(600)
class ObjectStoreSystemTest {

    @TempDir private Path folder;

    private final int s3 = FreePort.next();

    private ServerProcess server() {
        return new ServerProcess(
                        folder.resolve("data"),
                        ServerProcess.Ports.free(),
                        "--s3-port",
                        Integer.toString(s3))
                .start();
    }

    /** Makes a user with the command line, as people do. */
    private static Map<String, String> keys(ServerProcess server, String project) {
        Map<String, String> keys = new TreeMap<>();
        CommandLine.millrace(server, "buckets", "credentials", "camera", "--project", project)
                .orFail()
                .out()
                .lines()
                .forEach(line ->
                        keys.put(
                                line.substring(0, line.indexOf('=')),
                                line.substring(line.indexOf('=') + 1)));
        return keys;
    }

    private static String keys(Map<String, String> keys, String name) {
        String value = keys.get(name);
        assertThat(value).as("%s in %s", name, keys.keySet()).isNotNull();
        return String.valueOf(value);
    }

    @Test
    void boto3DoesWhatItDoesElsewhere() {
        try (var server = server()) {
            Declared.apply(
                    server,
                    """
                    apiVersion: millrace.io/v1
                    kind: Project
                    metadata: {name: shop}
                    spec: {}
                    """);
            Map<String, String> mine = keys(server, "default");
            Map<String, String> theirs = keys(server, "shop");
            assertThat(keys(mine, "AWS_ENDPOINT_URL")).isEqualTo("http://127.0.0.1:" + s3);
            assertThat(
                            PythonClient.run(
                                            PythonClient.s3(),
                                            "s3_client.py",
                                            keys(mine, "AWS_ENDPOINT_URL"),
                                            keys(mine, "AWS_ACCESS_KEY_ID"),
                                            keys(mine, "AWS_SECRET_ACCESS_KEY"),
                                            keys(theirs, "AWS_ACCESS_KEY_ID"),
                                            keys(theirs, "AWS_SECRET_ACCESS_KEY"))
                                    .out())
                    .contains("ok");
            assertThat(server.logText())
                    .as("secrets are not logged")
                    .doesNotContain(keys(mine, "AWS_SECRET_ACCESS_KEY"))
                    .doesNotContain(keys(theirs, "AWS_SECRET_ACCESS_KEY"));
        }
    }

    @Test
    void modelsComeFromBucketsOfTheirOwnProject() {
        try (var server = server()) {
            Map<String, String> mine = keys(server, "default");
            try (S3Client client =
                    S3Clients.of(
                            URI.create(keys(mine, "AWS_ENDPOINT_URL")),
                            keys(mine, "AWS_ACCESS_KEY_ID"),
                            keys(mine, "AWS_SECRET_ACCESS_KEY"))) {
                client.createBucket(r -> r.bucket("models"));
                client.putObject(
                        r -> r.bucket("models").key("scale/model.onnx"),
                        RequestBody.fromBytes(OnnxFile.scaling(3)));
            }
            Declared.apply(
                    server,
                    """
                    apiVersion: millrace.io/v1
                    kind: Model
                    metadata: {name: scale}
                    spec:
                      framework: onnx
                      versions: [{version: 1, uri: "s3://models/scale/model.onnx"}]
                    ---
                    apiVersion: millrace.io/v1
                    kind: Project
                    metadata: {name: shop}
                    spec: {}
                    ---
                    apiVersion: millrace.io/v1
                    kind: Model
                    metadata: {name: scale, project: shop}
                    spec:
                      framework: onnx
                      versions: [{version: 1, uri: "s3://models/scale/model.onnx"}]
                    """);
            Declared.awaitReady(server, "models/scale");
            assertThat(
                            server.post(
                                            "/v1/models/scale:predict",
                                            "application/json",
                                            "{\"instances\": [[1, 2, 3]]}")
                                    .body())
                    .contains("6.0");
            await().untilAsserted(() ->
                    assertThat(server.get("/api/v1/projects/shop/models/scale").body())
                            .contains("must not fetch from s3://models"));
        }
    }
}
