package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.OutgoingRecord;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Objects that are put into buckets come out of pipelines, whatever told of them. */
@Timeout(300)
class BucketSourcesSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(90);

    private static final String PIPELINE =
            """
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: through}
            spec:
              from: {dataSource: {name: uploads}}
              to: [{kafka: {topic: answers}}]
            """;

    @TempDir private Path folder;

    @Test
    void theStoreInsideTellsOfItsObjects() {
        int s3 = FreePort.next();
        try (var server = server("--s3-port", Integer.toString(s3))) {
            new KafkaTopic(server, "answers").create(1);
            Declared.apply(
                    server,
                    """
                    apiVersion: millrace.io/v1
                    kind: DataSource
                    metadata: {name: uploads}
                    spec:
                      bucket: {}
                      fields: [{name: texts, bucket: uploads, suffix: .txt}]
                    """
                            + PIPELINE);
            Declared.awaitReady(server, "datasources/uploads", "pipelines/through");
            Keys keys = keys(server);
            put(s3, keys, "uploads", "a b+c.txt=one", "ä.txt=two", "skipped.png=three");
            assertThat(answers(server, 2)).containsExactlyInAnyOrder("one", "two");
        }
    }

    @Test
    void eventsOfMinioFromATopicMayBeRepeatedAndHostile() {
        int s3 = FreePort.next();
        String endpoint = "http://127.0.0.1:" + s3;
        try (var server =
                server("--s3-port", Integer.toString(s3), "--buckets-endpoints", endpoint)) {
            new KafkaTopic(server, "answers").create(1);
            new KafkaTopic(server, "mnist").create(1);
            Keys keys = keys(server);
            secret(server, "minio", "accessKey", keys.access(), "secretKey", keys.secret());
            put(s3, keys, "mnist", "0.png=zero", "a b.png=spaces");
            put(s3, keys, "private", "key.png=the key");
            Declared.apply(
                    server,
                    """
                    apiVersion: millrace.io/v1
                    kind: DataSource
                    metadata: {name: uploads}
                    spec:
                      bucket:
                        endpoint: %s
                        secret: minio
                        events: {kafka: {topic: mnist}}
                      fields: [{name: digits, bucket: mnist, suffix: .png}]
                    """
                                    .formatted(endpoint)
                            + PIPELINE);
            Declared.awaitReady(server, "datasources/uploads", "pipelines/through");
            send(
                    server,
                    minio("mnist", "0.png", "1"),
                    minio("mnist", "0.png", "1"),
                    minio("private", "key.png", "2"),
                    minio("mnist", "..%2Fprivate%2Fkey.png", "3"),
                    "not JSON",
                    minio("mnist", "gone.png", "4"),
                    minio("mnist", "a+b.png", "5"));
            assertThat(answers(server, 2)).containsExactlyInAnyOrder("zero", "spaces");
            await().atMost(SETTLE)
                    .untilAsserted(() -> {
                        assertThat(outcomes(server, "refused")).isEqualTo(3);
                        assertThat(outcomes(server, "repeated")).isEqualTo(1);
                        assertThat(
                                        Declared.metric(
                                                server, "millrace_pipeline_dead_letters_total", ""))
                                .isEqualTo(1);
                    });
            assertThat(server.get("/api/v1/projects/default/pipelines/through/dead-letters").body())
                    .contains("NOT_FOUND", "fetch objects");
        }
    }

    /** What Ceph posts is not received here yet: that it is set up, and that it is looked at. */
    @Test
    void cephIsSetUpAndLookedAt() {
        Optional<CephGateway> started = CephGateway.start(folder.resolve("ceph"));
        Assumptions.assumeTrue(
                started.isPresent(),
                "SKIPPED: no Ceph here. A real gateway is NOT tested; install ceph-mon, ceph-osd,"
                        + " radosgw and ceph-common");
        try (CephGateway ceph = started.get();
                var server = server("--buckets-endpoints", ceph.endpoint())) {
            new KafkaTopic(server, "answers").create(1);
            secret(
                    server,
                    "ceph",
                    "accessKey",
                    CephGateway.ACCESS,
                    "secretKey",
                    CephGateway.SECRET);
            put(ceph.port(), ceph.keys(), "images", "a b+c.txt=one", "no.png=x", "%2e.txt=two");
            String store = "endpoint: %s, region: default, secret: ceph".formatted(ceph.endpoint());
            Declared.apply(
                    server,
                    """
                    apiVersion: millrace.io/v1
                    kind: DataSource
                    metadata: {name: uploads}
                    spec:
                      bucket: {%1$s, events: {poll: 1s}}
                      fields: [{name: images, bucket: images, suffix: .txt}]
                    ---
                    apiVersion: millrace.io/v1
                    kind: DataSource
                    metadata: {name: told}
                    spec:
                      bucket: {%1$s, events: {http: {}}, address: "http://127.0.0.1:1/told"}
                      fields: [{name: images, bucket: told, suffix: .txt}]
                    """
                                    .formatted(store)
                            + PIPELINE.replace("}}\n  to", "}, start: earliest}\n  to"));
            Declared.awaitReady(server, "datasources/uploads", "pipelines/through");
            assertThat(answers(server, 2)).containsExactlyInAnyOrder("one", "two");
            await().atMost(SETTLE)
                    .until(() ->
                            server.get("/api/v1/projects/default/datasources/told/events")
                                    .body()
                                    .contains("\"SetUp\""));
        }
    }

    /** Who may use a store. */
    record Keys(String access, String secret) {}

    private ServerProcess server(String... options) {
        return new ServerProcess(folder.resolve("server"), ServerProcess.Ports.free(), options)
                .start();
    }

    private static Keys keys(ServerProcess server) {
        var answer =
                server.send(
                        HttpRequest.newBuilder(
                                        server.url()
                                                .resolve(
                                                        "/api/v1/projects/default/object-store/users/camera"))
                                .PUT(HttpRequest.BodyPublishers.noBody())
                                .build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new Keys(text(answer.body(), "accessKey"), text(answer.body(), "secretKey"));
    }

    private static String text(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]+)\"").matcher(json);
        assertThat(found.find()).as(json).isTrue();
        return found.group(1);
    }

    private static void secret(ServerProcess server, String name, String... values) {
        var body = new ArrayList<String>();
        for (int i = 0; i < values.length; i += 2) {
            body.add("\"%s\":\"%s\"".formatted(values[i], values[i + 1]));
        }
        var answer =
                server.send(
                        HttpRequest.newBuilder(
                                        server.url()
                                                .resolve(
                                                        "/api/v1/projects/default/secrets/" + name))
                                .header("Content-Type", "application/json")
                                .PUT(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{" + String.join(",", body) + "}"))
                                .build());
        assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
    }

    private static void put(int port, Keys keys, String bucket, String... objects) {
        var arguments =
                new ArrayList<>(
                        List.of("http://127.0.0.1:" + port, keys.access(), keys.secret(), bucket));
        arguments.addAll(List.of(objects));
        PythonClient.run(PythonClient.s3(), "s3_put.py", arguments.toArray(String[]::new));
    }

    private static String minio(String bucket, String key, String sequencer) {
        return """
        {"EventName":"s3:ObjectCreated:Put","Records":[{"eventVersion":"2.0","eventSource":"minio:s3",
         "eventTime":"2024-05-01T12:00:00.000Z","eventName":"s3:ObjectCreated:Put",
         "responseElements":{"x-minio-origin-endpoint":"http://169.254.169.254"},
         "s3":{"bucket":{"name":"%s"},"object":{"key":"%s","size":4,"sequencer":"%s"}}}]}
        """
                .formatted(bucket, key, sequencer);
    }

    private static void send(ServerProcess server, String... events) {
        try (var log =
                KafkaStreamLog.open(
                        KafkaLogConfig.of("127.0.0.1:" + server.ports().kafka()),
                        TimeSource.system())) {
            log.ensureTopics(Set.of("mnist"));
            for (String event : events) {
                var end = new CompletableFuture<Boolean>();
                log.append(
                        new OutgoingRecord(
                                "mnist",
                                null,
                                event.getBytes(StandardCharsets.UTF_8),
                                List.of(),
                                TimeSource.system().epochMillis()),
                        failure -> end.complete(failure == null));
                assertThat(end.join()).isTrue();
            }
        }
    }

    private static double outcomes(ServerProcess server, String outcome) {
        return Declared.metric(server, "millrace_bucket_events_passed_total", outcome);
    }

    private static List<String> answers(ServerProcess server, int count) {
        var found = new CopyOnWriteArrayList<String>();
        try (var _ =
                new KafkaTopic(server, "answers")
                        .follow(record ->
                                found.add(new String(record.value(), StandardCharsets.UTF_8)))) {
            await().atMost(SETTLE).until(() -> found.size() >= count);
        }
        return found;
    }
}
