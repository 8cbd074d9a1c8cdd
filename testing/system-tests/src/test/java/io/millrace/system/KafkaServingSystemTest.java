package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models answer over Kafka: on topics of the embedded log, and on another cluster that goes away
 * and comes back. That other cluster is the Kafka of a second server.
 */
@Timeout(300)
class KafkaServingSystemTest {
    private static final Duration SETTLE = Duration.ofSeconds(90);

    /** One model step; where requests come from and answers go is filled in. */
    private static final String PIPELINE =
            """
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: scale}
            spec:
              from: %s
              steps:
                - model:
                    name: scale
                    decode: {format: json, field: x}
                    encode: {format: json, template: '{"scaled": {{output}}}'}
              to: [{kafka: {topic: answers, reply: true%s}}]
            """;

    @TempDir private Path folder;

    @Test
    void answersOnTheTopicThatTheRequestNames() {
        try (var server = server("near")) {
            topics(server, "requests", "replies");
            ServingModels.upload(server, "scale", 1, "onnx", OnnxFile.scaling(3));
            Declared.apply(
                    server, PIPELINE.formatted("{kafka: {topic: requests}, start: earliest}", ""));
            Declared.awaitReady(server, "pipelines/scale");

            var outcome = requests(server, 500);

            assertThat(outcome.out()).contains("500 answers");
        }
    }

    @Test
    void anotherClusterMayGoAwayAndComeBack() throws InterruptedException {
        try (var far = server("far");
                var near = server("near")) {
            topics(far, "requests", "replies");
            ServingModels.upload(near, "scale", 1, "onnx", OnnxFile.scaling(3));
            String cluster = "bootstrap: \"127.0.0.1:" + far.ports().kafka() + "\"";
            Declared.apply(
                    near,
                    """
                    apiVersion: millrace.io/v1
                    kind: DataSource
                    metadata: {name: orders}
                    spec: {kafka: {%s}, fields: [{name: requests, topic: requests}]}
                    ---
                    """
                                    .formatted(cluster)
                            + PIPELINE.formatted(
                                    "{dataSource: {name: orders}, start: earliest}",
                                    ", " + cluster));
            Declared.awaitReady(near, "datasources/orders", "pipelines/scale");

            var client = CompletableFuture.supplyAsync(() -> requests(far, 3_000));
            await().atMost(SETTLE)
                    .until(() ->
                            Declared.metric(near, "millrace_pipeline_answered_total", "") > 200);
            far.kill();
            await().atMost(SETTLE).until(() -> !Declared.isReady(near, "datasources/orders"));
            far.launch();
            far.awaitReady();

            assertThat(client.join().out()).contains("3000 answers");
            Declared.awaitReady(near, "datasources/orders", "pipelines/scale");
        }
    }

    private ServerProcess server(String name) {
        return new ServerProcess(folder.resolve(name), ServerProcess.Ports.free()).start();
    }

    private static void topics(ServerProcess server, String... names) {
        try (var log =
                KafkaStreamLog.open(
                        KafkaLogConfig.of("127.0.0.1:" + server.ports().kafka()),
                        TimeSource.system())) {
            log.ensureTopics(Set.of(names));
        }
    }

    private static CommandLine.Outcome requests(ServerProcess server, int count) {
        return PythonClient.run(
                PythonClient.kafka(),
                "kafka_requests.py",
                "127.0.0.1:" + server.ports().kafka(),
                "requests",
                "replies",
                Integer.toString(count));
    }
}
