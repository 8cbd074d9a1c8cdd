package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.BucketConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.connector.s3.S3ObjectStores;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectInfo;
import io.millrace.spi.ObjectStore.ObjectRef;
import io.millrace.spi.Secrets;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Objects that are put into the store inside are filed under what a function says of them. */
@Timeout(300)
class FiledObjectsSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(60);
    private static final ProjectId PROJECT = new ProjectId("default");
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};

    private static final String JOB =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: uploads}
            spec:
              bucket: {}
              fields:
                - {name: images, bucket: mnist, suffix: .png}
            ---
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: label}
            spec:
              language: python
              environment: python
              source:
                inline: |
                  import json

                  def main(ctx, msg):
                      digit = msg[-1]
                      if digit > 9:
                          ctx.send(json.dumps({"label": "../" + str(digit)}))
                      else:
                          ctx.send(json.dumps({"label": float(digit), "confidence": 1}))
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: file}
            spec:
              from: {dataSource: {name: uploads}, start: earliest}
              steps:
                - function: {name: label}
              to:
                - bucket: {bucket: results, key: "{key}.json"}
                - bucket: {action: copy, bucket: "digit-{label}", key: "{key}"}
                - bucket: {bucket: lake, key: "{partition}/{offset}.json", batch: {records: 1000, time: 1s}}
            """;

    @TempDir private Path folder;

    @Test
    void imagesAreFoundInTheBucketOfTheirDigit() {
        int port = FreePort.next();
        try (var server =
                        new ServerProcess(
                                        folder.resolve("data"),
                                        ServerProcess.Ports.free(),
                                        "--s3-port",
                                        Integer.toString(port))
                                .start();
                var stores = stores(server, port);
                ObjectStore store = stores.open(PROJECT, Optional.of(connection(port)))) {
            store.ensureBucket("mnist");
            Declared.apply(server, JOB);
            Declared.awaitReady(server, "pipelines/file");
            for (int i = 0; i < 20; i++) {
                store.put("mnist", "a b/" + i + ".png", image(i % 10), "image/png", Map.of());
            }
            store.put("mnist", "note.txt", image(1), "text/plain", Map.of());
            store.put("mnist", "bad.png", image(99), "image/png", Map.of());

            for (int i = 0; i < 20; i++) {
                var filed = new ObjectRef("digit-" + i % 10, "a b/" + i + ".png");
                await().atMost(SETTLE)
                        .untilAsserted(() -> assertThat(store.head(filed)).isPresent());
                assertThat(store.get(filed, 100).bytes()).isEqualTo(image(i % 10));
            }
            byte[] result = store.get(new ObjectRef("results", "a b/7.png.json"), 1_000).bytes();
            assertThat(new String(result, StandardCharsets.UTF_8)).contains("\"label\"");
            await().atMost(SETTLE).untilAsserted(() -> assertThat(lines(store)).isEqualTo(20));
            await().atMost(SETTLE)
                    .untilAsserted(() ->
                            assertThat(
                                            server.get(
                                                            "/api/v1/projects/default/pipelines/file/dead-letters")
                                                    .body())
                                    .contains("lower case letters"));
            assertThat(store.head(new ObjectRef("results", "note.txt.json"))).isEmpty();
        }
    }

    /** All answers, one a line, whatever objects they are in. */
    private static long lines(ObjectStore store) {
        long lines = 0;
        for (ObjectInfo object : store.list("lake", "", "", 100)) {
            byte[] content = store.get(new ObjectRef("lake", object.key()), 1 << 20).bytes();
            lines += new String(content, StandardCharsets.UTF_8).lines().count();
        }
        return lines;
    }

    private static byte[] image(int digit) {
        byte[] image = java.util.Arrays.copyOf(PNG, PNG.length + 1);
        image[PNG.length] = (byte) digit;
        return image;
    }

    private static BucketConnection connection(int port) {
        return new BucketConnection(
                "http://127.0.0.1:" + port, "us-east-1", Optional.of(new ResourceName("me")), true);
    }

    private static S3ObjectStores stores(ServerProcess server, int port) {
        String made =
                server.send(
                                HttpRequest.newBuilder(
                                                server.url()
                                                        .resolve(
                                                                "/api/v1/projects/default/object-store/users/test"))
                                        .PUT(HttpRequest.BodyPublishers.noBody())
                                        .build())
                        .body();
        var secret =
                new Secrets.Secret(
                        Map.of(
                                "accessKey", field(made, "accessKey"),
                                "secretKey", field(made, "secretKey")));
        return new S3ObjectStores(
                AllowedOrigins.parse(List.of("http://127.0.0.1:" + port + "/"), "test"),
                (_, _) -> Optional.of(secret),
                TimeSource.system());
    }

    private static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json);
        assertThat(found.find()).as(json).isTrue();
        return found.group(1);
    }
}
