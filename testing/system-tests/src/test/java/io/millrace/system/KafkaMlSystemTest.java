package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole job of Kafka-ML with its own means: models over REST, samples with kafka-python, two
 * models trained and compared, the better one deployed on topics, its answers judged.
 */
@Timeout(1_800)
class KafkaMlSystemTest {

    private static final Logger log = LoggerFactory.getLogger(KafkaMlSystemTest.class);
    private static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "millrace");
    private static final Duration TRAINING = Duration.ofMinutes(10);
    private static final Path DIGITS =
            Repository.root().resolve("testing/system-tests/src/test/resources/digits/digits.npz");

    /** So many that a fast machine, too, is met in their middle. */
    private static final String MANY_EPOCHS = "200";

    private static final Pattern RIGHT = Pattern.compile("right (0\\.9|1)");

    /** A result that is being trained and has values for two epochs; which is first is open. */
    private static final Pattern IN_MID_TRAINING =
            Pattern.compile(
                    "\"status\":\\s*\"deployed\"(?:(?!\"status\":).)*"
                            + "\"train_metrics\":\\s*\\{\"\\w+\":\\s*\\[[^\\],]+,");

    @TempDir private Path folder;

    private final int rest = FreePort.next();
    private final int kafka = FreePort.next();

    @Test
    void oldSendersTrainOnRawSamplesWhileTheServerIsKilled() {
        try (var server = server().start()) {
            job(PythonClient.oldSender(), "define", url(), "RAW", MANY_EPOCHS);
            job(PythonClient.oldSender(), "send", url(), bootstrap(), DIGITS.toString(), "RAW");

            await().atMost(TRAINING)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> isInMidTraining(server));
            server.kill();
            server.launch();
            server.awaitReady();

            job(PythonClient.oldSender(), "await", url(), seconds());
            String outcome = serve(PythonClient.oldSender(), "RAW");
            assertThat(outcome).containsPattern(RIGHT);
            assertThat(journals(server)).contains("\"event\": \"resumed\"");
        }
    }

    @Test
    void currentSendersTrainOnAvroRecords() {
        try (var server = server().start()) {
            job(PythonClient.sender(), "define", url(), "AVRO", "60");
            job(PythonClient.sender(), "send", url(), bootstrap(), DIGITS.toString(), "AVRO");
            job(PythonClient.sender(), "await", url(), seconds());

            assertThat(serve(PythonClient.sender(), "AVRO")).containsPattern(RIGHT);
            assertThat(server.isRunning()).isTrue();
        }
    }

    /**
     * The environment has up to 7 GB, so it is shared with the trainer's own tests. Where it cannot
     * be had the test is skipped, and says so loudly.
     */
    @Test
    void pytorchModelsAreTrainedAndServedAsOnnx() {
        try (var server = server("--cache", CACHE.toString()).start()) {
            try {
                job(PythonClient.sender(), "define", url(), "RAW", "40", "pth");
            } catch (AssertionError e) {
                String text = String.valueOf(e.getMessage());
                if (text.contains("pip install")) {
                    log.error("PYTORCH IS NOT TESTED: its environment cannot be had: {}", text);
                    abort("PyTorch's environment cannot be had: " + text);
                }
                throw e;
            }
            job(PythonClient.sender(), "send", url(), bootstrap(), DIGITS.toString(), "RAW");
            job(PythonClient.sender(), "await", url(), seconds());

            assertThat(serve(PythonClient.sender(), "RAW")).containsPattern(RIGHT);
            assertThat(server.get("/v2/models/deep-RAW").body()).contains("onnx");
        }
    }

    @Test
    void theCommandLineAndThePythonSenderAnnounceTheSame() {
        try (var server = server().start()) {
            var sent =
                    CommandLine.run(
                                    List.of(
                                            Repository.root().resolve("millrace").toString(),
                                            "data",
                                            "send",
                                            DIGITS.toString(),
                                            "--topic",
                                            "digits-cli",
                                            "--number",
                                            "300",
                                            "--validation",
                                            "0.1"),
                                    Map.of("MILLRACE_SERVER", server.url().toString()))
                            .orFail();
            assertThat(sent.out()).contains("1797 samples sent: digits-cli:0:0:");

            PythonClient.run(
                    PythonClient.sender(),
                    "sender_kit.py",
                    Repository.root().resolve("client/python").toString(),
                    bootstrap(),
                    DIGITS.toString());

            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(server.get("/api/v1/projects/default/datasets").body())
                                    .contains("digits-cli:0:0:")
                                    .contains("digits-kit:0:0:")
                                    .contains("digits-avro-kit:0:0:"));
        }
    }

    private ServerProcess server(String... further) {
        var options =
                new ArrayList<>(
                        List.of(
                                "--kafka-extra-port",
                                Integer.toString(kafka),
                                "--kafkaml-enabled",
                                "true",
                                "--kafkaml-port",
                                Integer.toString(rest)));
        options.addAll(List.of(further));
        return new ServerProcess(
                folder.resolve("data"), ServerProcess.Ports.free(), options.toArray(String[]::new));
    }

    private String url() {
        return "http://127.0.0.1:" + rest;
    }

    private String bootstrap() {
        return "localhost:" + kafka;
    }

    private static String seconds() {
        return Long.toString(TRAINING.toSeconds());
    }

    private String serve(Path python, String format) {
        return job(python, "serve", url(), bootstrap(), DIGITS.toString(), format, "120");
    }

    private static String job(Path python, String... arguments) {
        return PythonClient.run(python, "kafka_ml_job.py", arguments).out();
    }

    /** What trainers reported, as the server keeps it. */
    private static String journals(ServerProcess server) {
        try (Stream<Path> files = Files.walk(server.data().resolve("training"))) {
            var text = new StringBuilder();
            for (Path file : files.filter(f -> f.endsWith("events.jsonl")).toList()) {
                text.append(Files.readString(file));
            }
            return text.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Some epochs are behind one of the results, and it has not ended. */
    private boolean isInMidTraining(ServerProcess server) {
        try {
            String results =
                    server.send(HttpRequest.newBuilder(URI.create(url() + "/results/")).build())
                            .body();
            return IN_MID_TRAINING.matcher(results).find();
        } catch (UncheckedIOException e) {
            // One request that fails means "not yet"; the deadline is that of who waits.
            return false;
        }
    }
}
