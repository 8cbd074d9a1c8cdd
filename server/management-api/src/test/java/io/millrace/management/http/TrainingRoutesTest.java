package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DecodeSpec;
import io.millrace.api.Kind;
import io.millrace.api.LabelSpec;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.tensor.DataType;
import io.millrace.management.http.EventReader.Event;
import io.millrace.management.http.TestServer.Answer;
import io.millrace.spi.RunEvent;
import io.millrace.spi.RunReport;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState;
import io.millrace.spi.TrainingState.Phase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class TrainingRoutesTest {
    private static final String RUN = "/projects/default/trainingruns/mnist-small";
    private static final ResourceKey KEY =
            ResourceKey.of(Kind.TRAINING_RUN, ProjectId.DEFAULT, "mnist-small");
    private static final DecodeSpec RAW =
            new DecodeSpec(DecodeSpec.Format.RAW, List.of(), Optional.of(DataType.UINT8), 1);

    private final TestServer server = new TestServer();
    @TempDir private Path folder;

    @BeforeEach
    void declare() {
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: ModelDefinition
                metadata: {name: small}
                spec: {library: keras, source: {inline: "model = 1"}}
                ---
                apiVersion: millrace.io/v1
                kind: Dataset
                metadata: {name: digits}
                spec:
                  ranges: ["digits:0:0:100"]
                  decode: {format: raw, type: uint8}
                  label: {place: key, decode: {format: raw, type: uint8}}
                ---
                apiVersion: millrace.io/v1
                kind: Experiment
                metadata: {name: mnist}
                spec: {definitions: [small], dataset: digits}
                """);
        Awaitility.await().until(() -> server.get(RUN).status() == 200);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static RunReport report(Phase phase, Format... formats) {
        return new RunReport(
                new TrainingState(
                        phase,
                        "",
                        "",
                        2,
                        2,
                        Map.of("val_accuracy", 0.75, "loss", Double.NaN),
                        Duration.ofSeconds(3)),
                List.of(epoch(1), epoch(2)),
                Map.of("accuracy", 0.8),
                List.of(List.of(8L, 2L), List.of(0L, 10L)),
                List.of("cat", "dog"),
                new RunReport.Samples(70, 10, 20, 0),
                RAW,
                new LabelSpec(LabelSpec.Place.KEY, "", RAW),
                Map.of("seed", "7"),
                List.of(formats),
                List.of("lr is learning_rate now"),
                Optional.of(Instant.EPOCH),
                Optional.empty());
    }

    private static RunEvent epoch(int number) {
        return new RunEvent(
                RunEvent.Kind.EPOCH, number, 0, 0, Map.of("loss", 1.0 / number), 1500, "");
    }

    private static RunEvent phase(Phase phase) {
        return new RunEvent(RunEvent.Kind.PHASE, 0, 0, 0, Map.of(), 0, phase.name());
    }

    private void finish() throws IOException {
        Path archive = folder.resolve("saved_model.zip");
        Files.write(archive, TestServer.GOOD);
        server.results.make(KEY, Format.SAVED_MODEL, archive);
        server.results.report(KEY, report(Phase.FINISHED, Format.SAVED_MODEL));
    }

    @Test
    void reportsAllThatIsKnown() {
        assertThat(server.get(RUN + "/report").status()).isEqualTo(404);
        assertThat(server.get(RUN + "/report").text("/detail")).contains("reported nothing yet");
        server.results.report(KEY, report(Phase.TRAINING));

        Answer answer = server.get(RUN + "/report");

        assertThat(answer.text("/state/phase")).isEqualTo("training");
        assertThat(answer.json().at("/state/metrics/val_accuracy").asDouble()).isEqualTo(0.75);
        assertThat(answer.json().at("/state/metrics").has("loss")).isFalse();
        assertThat(answer.json().at("/epochs/1/metrics/loss").asDouble()).isEqualTo(0.5);
        assertThat(answer.json().at("/epochs/1/millis").asLong()).isEqualTo(1500);
        assertThat(answer.json().at("/confusion/0/1").asLong()).isEqualTo(2);
        assertThat(answer.text("/classes/0/label")).isEqualTo("cat");
        assertThat(answer.json().at("/classes/0/precision").asDouble()).isEqualTo(1.0);
        assertThat(answer.json().at("/classes/0/recall").asDouble()).isEqualTo(0.8);
        assertThat(answer.text("/decode/type")).isEqualTo("uint8");
        assertThat(answer.text("/label/place")).isEqualTo("key");
        assertThat(answer.text("/lineage/seed")).isEqualTo("7");
        assertThat(answer.text("/notices/0")).contains("learning_rate");
        assertThat(server.get("/projects/default/trainingruns/none/report").status())
                .isEqualTo(404);
    }

    @Test
    void eventsAreToldFromTheBeginningUntilTheEnd() throws IOException {
        server.results.report(KEY, report(Phase.TRAINING));
        server.results.tell(KEY, phase(Phase.TRAINING));
        server.results.tell(KEY, epoch(1));
        try (EventReader reader = server.events(RUN + "/progress")) {
            assertThat(reader.status()).isEqualTo(200);
            assertThat(reader.next().type()).isEqualTo("phase");
            Event first = reader.next();
            assertThat(first.type()).isEqualTo("epoch");
            assertThat(first.json().at("/metrics/loss").asDouble()).isEqualTo(1.0);

            server.results.tell(KEY, epoch(2));
            assertThat(reader.next().json().at("/epoch").asInt()).isEqualTo(2);
            server.results.report(KEY, report(Phase.FINISHED));
            server.results.tell(KEY, phase(Phase.FINISHED));
            assertThat(reader.next().type()).isEqualTo("phase");
            assertThat(reader.next().data()).isEqualTo("{}");
        }
        Awaitility.await().until(() -> server.results.followers() == 0);
    }

    @Test
    void followingEndsWhenTheReportIsGone() throws IOException {
        server.results.tell(KEY, epoch(1));
        try (EventReader reader = server.events(RUN + "/progress")) {
            assertThat(reader.next().type()).isEqualTo("epoch");
            assertThat(reader.next().data()).isEqualTo("{}");
        }
    }

    @Test
    void followingEndsWhenTheRunIsRemoved() throws IOException {
        server.results.report(KEY, report(Phase.TRAINING));
        server.results.tell(KEY, epoch(1));
        try (EventReader reader = server.events(RUN + "/progress")) {
            assertThat(reader.next().type()).isEqualTo("epoch");
            ResourceKey experiment = ResourceKey.of(Kind.EXPERIMENT, ProjectId.DEFAULT, "mnist");
            server.store.delete(experiment, Optional.empty());
            server.store.delete(KEY, Optional.empty());
            assertThat(reader.next().data()).isEqualTo("{}");
        }
        Awaitility.await().until(() -> server.results.followers() == 0);
    }

    @Test
    void givesOutputAndModel() throws IOException {
        server.results.print(KEY, "hello\n");
        assertThat(server.get(RUN + "/output").response().body()).isEqualTo("hello\n");

        finish();
        Answer model = server.get(RUN + "/model?format=saved-model");
        assertThat(model.header("Content-Disposition")).contains("saved_model.zip");
        assertThat(model.header("Content-Length"))
                .isEqualTo(Integer.toString(TestServer.GOOD.length));
        assertThat(server.get(RUN + "/model").status()).isEqualTo(200);
        assertThat(server.get(RUN + "/model?format=tflite").status()).isEqualTo(404);
        assertThat(server.get(RUN + "/model?format=zip").text("/detail"))
                .contains("saved-model, keras, h5");
    }

    @Test
    void registersARunAsAVersionWithItsDecoder() throws IOException {
        server.results.report(KEY, report(Phase.FAILED));
        Answer early = server.post(RUN + "/register", "{}");
        assertThat(early.status()).isEqualTo(409);
        assertThat(early.text("/detail")).contains("has made no model: it is failed");

        finish();
        Answer answer = server.post(RUN + "/register", "{\"model\": \"digits\"}");
        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        assertThat(answer.text("/model")).isEqualTo("digits");
        assertThat(answer.json().at("/version").asInt()).isEqualTo(1);
        ModelSpec model =
                server.store
                        .image()
                        .find(
                                ResourceKey.of(Kind.MODEL, ProjectId.DEFAULT, "digits"),
                                ModelSpec.class)
                        .orElseThrow()
                        .spec();
        assertThat(model.framework()).isEqualTo("tensorflow");
        assertThat(model.versions().getFirst().decode()).contains(RAW);
        assertThat(server.events.reasons(KEY)).contains("Registered");

        // Again: the same content is the same version.
        Answer again = server.post(RUN + "/register", "{\"model\": \"digits\"}");
        assertThat(again.json().at("/version").asInt()).isEqualTo(1);
        assertThat(
                        server.post(RUN + "/register", "{\"model\": \"digits\", \"version\": 5}")
                                .json()
                                .at("/version")
                                .asInt())
                .isEqualTo(5);
    }

    @Test
    void aModelThatIsRejectedIsNotKept() throws IOException {
        Path bad = folder.resolve("bad.zip");
        Files.write(bad, TestServer.archive("readme.txt", "nothing"));
        server.results.make(KEY, Format.SAVED_MODEL, bad);
        server.results.report(KEY, report(Phase.FINISHED, Format.SAVED_MODEL));

        Answer answer = server.post(RUN + "/register", "{}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/detail")).contains("no saved_model.pb");
        assertThat(server.get("/projects/default/models/mnist-small").status()).isEqualTo(404);
    }

    @Test
    void aSingleFileIsPutIntoAnArchive() throws IOException {
        Path file = folder.resolve("model.onnx");
        Files.writeString(file, "a model", StandardCharsets.US_ASCII);
        server.results.make(KEY, Format.ONNX, file);
        server.results.report(KEY, report(Phase.FINISHED, Format.ONNX, Format.PYTORCH));

        assertThat(server.post(RUN + "/register", "{}").status()).isEqualTo(200);
        assertThat(server.get("/projects/default/models/mnist-small").text("/spec/framework"))
                .isEqualTo("onnx");
    }

    @Test
    void deploysARunBetweenTopics() throws IOException {
        finish();
        Answer answer =
                server.post(
                        RUN + "/deploy",
                        """
                        {"input": "questions", "output": "answers", "replicas": 2,
                         "readers": ["output_group"]}
                        """);

        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        PipelineSpec spec =
                server.store
                        .image()
                        .find(
                                ResourceKey.of(Kind.PIPELINE, ProjectId.DEFAULT, "mnist-small"),
                                PipelineSpec.class)
                        .orElseThrow()
                        .spec();
        assertThat(spec.from().selection()).isEqualTo(new PipelineSpec.ByLogTopic("questions"));
        assertThat(spec.scale().max()).isEqualTo(2);
        var output = (PipelineSpec.KafkaOutput) spec.to().getFirst();
        assertThat(output.isKeyed()).isFalse();
        assertThat(output.readers()).containsExactly("output_group");
        var step = (PipelineSpec.ModelStep) spec.steps().getFirst();
        assertThat(step.decode()).isEmpty();
        assertThat(step.encode().template()).contains("{\"values\": {{output}}}");

        Answer wrong = server.post(RUN + "/deploy", "{\"input\": \"a b\", \"outptu\": \"x\"}");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.response().body()).contains("did you mean 'output'?").contains("/input");
    }

    @Test
    void comparesTheRunsOfAnExperiment() {
        server.results.report(KEY, report(Phase.FINISHED));
        Answer answer = server.get("/projects/default/experiments/mnist/compare");
        assertThat(answer.text("/runs/0/run")).isEqualTo("mnist-small");
        assertThat(answer.text("/runs/0/definition")).isEqualTo("small");
        assertThat(answer.json().at("/runs/0/epochMillis").asLong()).isEqualTo(1500);
        assertThat(answer.json().at("/runs/0/test/accuracy").asDouble()).isEqualTo(0.8);
        assertThat(answer.json().at("/runs/0/classes/1/recall").asDouble()).isEqualTo(1.0);
        assertThat(server.get("/projects/default/experiments/none/compare").status())
                .isEqualTo(404);
    }
}
