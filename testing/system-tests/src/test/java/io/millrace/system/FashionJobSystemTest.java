package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.system.CommandLine.Outcome;
import io.millrace.testkit.MetricsPage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole main job against the real process: the example's files applied with the command line,
 * certificates as a user gets them, and an MQTT client that knows nothing of Millrace.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(600)
class FashionJobSystemTest {

    private static final Duration SETTLE = Duration.ofMinutes(2);
    private static final int PICTURES = 20;

    @TempDir static Path folder;
    private static ServerProcess server;
    private static Path certificates;

    @BeforeAll
    static void applyTheExample() {
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
        CommandLine.millrace(server, "apply", "-f", Repository.fashion().toString(), "--wait=300s")
                .orFail();
        Path zip = folder.resolve("certs.zip");
        certificates = folder.resolve("certs");
        CommandLine.millrace(
                        server,
                        "sources",
                        "certs",
                        "mqtt-camera",
                        "--project",
                        "fashion",
                        "-o",
                        zip.toString())
                .orFail();
        CommandLine.run(
                        List.of("unzip", "-q", zip.toString(), "-d", certificates.toString()),
                        Map.of())
                .orFail();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    @Order(1)
    void everyPictureComesBackAsAPrediction() {
        Outcome client = pahoClient(PICTURES, "--with-id");

        assertThat(client.out()).contains(PICTURES + " of " + PICTURES + " answered");
    }

    @Test
    @Order(2)
    void theFunctionsLogHasTheDocumentedLinesInOrder() {
        // A line is on its own way, beside the answer of the message that it is about.
        await().atMost(SETTLE)
                .untilAsserted(() ->
                        assertThat(
                                        functionLog()
                                                .out()
                                                .lines()
                                                .filter(line ->
                                                        line.matches(
                                                                ".*Prediction: .+, Confidence:"
                                                                        + " 0?\\.?\\d.*")))
                                .hasSizeGreaterThanOrEqualTo(PICTURES));

        Outcome logs = functionLog();
        String time = "\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} root INFO\\] ";
        assertThat(logs.out())
                .containsPattern(
                        Pattern.compile(
                                time
                                        + "Subscribe to input\\R.*"
                                        + time
                                        + "Publish to apparel-predict\\R.*"
                                        + time
                                        + "Load function from: \\S+\\R.*"
                                        + time
                                        + "Load config: \\{'output': 'prediction'\\}",
                                Pattern.DOTALL));
    }

    private static Outcome functionLog() {
        return CommandLine.millrace(
                        server,
                        "logs",
                        "pipeline/fashion-pipeline",
                        "--project",
                        "fashion",
                        "--tail",
                        "1000")
                .orFail();
    }

    @Test
    @Order(3)
    void theMetersTellOfEveryStage() {
        String scrape = server.get("/metrics").body();
        assertThat(MetricsPage.read().disagreements(scrape)).isEmpty();
        assertThat(scrape)
                .contains("millrace_mqtt_received_total")
                .contains("millrace_model_requests_total")
                .contains("millrace_function_messages_total")
                .contains("millrace_pipeline_received_total")
                .contains("millrace_mqtt_open_connections");
    }

    @Test
    @Order(3)
    void theModelAnswersOverHttpInBothForms() {
        String body = "{\"signature_name\":\"serving_default\",\"instances\":[" + image() + "]}";

        for (String verb : List.of(":infer", ":predict")) {
            for (String version : List.of("/versions/1", "")) {
                var answer =
                        server.post(
                                "/projects/fashion/v1/models/fashion_classifier" + version + verb,
                                "application/json",
                                body);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.body()).startsWith("{\"predictions\":[[");
            }
        }
    }

    @Test
    @Order(4)
    void aWrongShapeIsRefusedAndTheServerLivesOn() {
        var answer =
                server.post(
                        "/projects/fashion/v1/models/fashion_classifier/versions/1:infer",
                        "application/json",
                        "{\"instances\":[[0.1,0.2]]}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"error\"").contains("28");
        assertThat(server.isReady()).isTrue();
    }

    @Test
    @Order(5)
    void modelsOfOneProjectAreNotThoseOfAnother() {
        var answer =
                server.post(
                        "/v1/models/fashion_classifier:predict",
                        "application/json",
                        "{\"instances\":[]}");

        assertThat(answer.statusCode()).isEqualTo(404);
    }

    @Test
    @Order(6)
    void aSecondVersionIsUploadedAndServed() {
        CommandLine.millrace(
                        server,
                        "models",
                        "upload",
                        "fashion_classifier",
                        "--project",
                        "fashion",
                        "--framework",
                        "tensorflow",
                        "--model-version",
                        "2",
                        Repository.fashion().resolve("fashion_classifier.zip").toString())
                .orFail();

        var answer = server.get("/projects/fashion/v1/models/fashion_classifier/versions/2");
        assertThat(answer.body()).contains("AVAILABLE");
    }

    @Test
    @Order(7)
    void theModelStepDoesTheSameJobWithoutTheFunction() {
        CommandLine.millrace(
                        server,
                        "apply",
                        "-f",
                        Repository.fashion().resolve("model-step").toString(),
                        "--wait=60s")
                .orFail();

        Outcome client = pahoClient(PICTURES, "--with-id");

        assertThat(client.out()).contains(PICTURES + " of " + PICTURES + " answered");
    }

    @Test
    @Order(8)
    void everythingIsThereAfterARestart() {
        int code = server.terminate(Duration.ofSeconds(30));
        assertThat(code).isIn(0, 143);
        server.start();
        CommandLine.millrace(server, "apply", "-f", Repository.fashion().toString(), "--wait=60s")
                .orFail();

        Outcome client = pahoClient(5, "--with-id");

        assertThat(client.out()).contains("5 of 5 answered");
    }

    private static Outcome pahoClient(int count, String... options) {
        var command =
                new java.util.ArrayList<>(
                        List.of(
                                PythonClient.interpreter().toString(),
                                Repository.fashion().resolve("client.py").toString(),
                                "--host",
                                "127.0.0.1",
                                "--port",
                                Integer.toString(server.ports().mqtt()),
                                "--certs",
                                certificates.toString(),
                                "--count",
                                Integer.toString(count),
                                "--interval",
                                "0.05"));
        command.addAll(List.of(options));
        return CommandLine.run(command, Map.of()).orFail();
    }

    private static String image() {
        String line = "[" + "[0.5],".repeat(27) + "[0.5]]";
        return "[" + (line + ",").repeat(27) + line + "]";
    }
}
