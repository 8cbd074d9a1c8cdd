package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.BatchingSpec;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelSpec.SignatureChange;
import io.millrace.api.ModelSpec.Version;
import io.millrace.api.MonitorSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TrafficRule;
import io.millrace.codec.ModelRequests.NewVersion;
import io.millrace.codec.ModelRequests.Promotion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelRequestsTest {

    @Test
    void readsAllThatAModelDeclares() {
        String text =
                """
                apiVersion: millrace.io/v1
                kind: Model
                metadata: {name: m}
                spec:
                  framework: onnx
                  versions:
                    - {version: 1, uri: "https://models.example.org/m.onnx"}
                    - {version: 2, storageUri: "s3://models/m/2"}
                  aliases: {production: 1}
                  batching: {maxBatchSize: 8, maxDelay: 5ms, maxQueuedItems: 100, workers: 2}
                  traffic: {canary: {version: 2, percent: 10, stickyHeader: x-user}}
                  signatureChange: allow
                """;

        assertThat(ResourceReader.forServer(ProjectId.DEFAULT).read("", text).getFirst().spec())
                .isEqualTo(
                        new ModelSpec(
                                "onnx",
                                List.of(
                                        new Version(1, "https://models.example.org/m.onnx"),
                                        new Version(2, "s3://models/m/2")),
                                Map.of("production", 1),
                                new BatchingSpec(8, Duration.ofMillis(5), 100, 2),
                                new TrafficRule.Canary(2, 10, "x-user"),
                                SignatureChange.ALLOW));
    }

    @Test
    void readsAndWritesHowAModelIsWatched() {
        String text =
                """
                apiVersion: millrace.io/v1
                kind: Model
                metadata: {name: m}
                spec:
                  framework: onnx
                  monitor:
                    sample: 0.1
                    reference: {records: 2000}
                    distance: ks
                    labels: {dataSource: grid, field: truth, value: load, kind: number, within: 5m,
                             series: station, trainingError: 0.5}
                """;
        var reader = ResourceReader.forServer(ProjectId.DEFAULT);

        var manifest = reader.read("", text).getFirst();

        var labels =
                new MonitorSpec.Labels(
                        new MonitorSpec.LabelField(
                                new ResourceName("grid"), new ResourceName("truth")),
                        Optional.empty(),
                        "load",
                        Optional.of("station"),
                        new MonitorSpec.NumberTarget(0),
                        Duration.ofMinutes(5),
                        Optional.of(0.5));
        assertThat(((ModelSpec) manifest.spec()).monitor())
                .contains(
                        new MonitorSpec(
                                0.1,
                                new MonitorSpec.FirstRecords(2000),
                                MonitorSpec.DEFAULT_WINDOW,
                                MonitorSpec.Distance.KS,
                                MonitorSpec.Distance.KS.usualThreshold(),
                                MonitorSpec.DEFAULT_AFTER,
                                Optional.of(labels)));
        assertThat(reader.read("", ResourceWriter.yaml(manifest))).isEqualTo(List.of(manifest));
    }

    @Test
    void whatIsNotSaidIsTheStandard() {
        var reader = ResourceReader.forServer(ProjectId.DEFAULT);
        String text =
                """
                apiVersion: millrace.io/v1
                kind: Model
                metadata: {name: m}
                spec: {framework: tflite, traffic: , batching: }
                """;

        assertThat(reader.read("", text).getFirst().spec())
                .isEqualTo(ModelSpec.of("tflite", List.of(), Map.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "TensorFlow 2.1.0, tensorflow",
        "ONNX 1.16, onnx",
        "TFLite, tflite",
        "Keras 3.x, keras",
        "acme, acme"
    })
    void knowsTheSpellingsOfFrameworks(String written, String expected) {
        String body = "{\"version\": 1, \"uri\": \"https://h/m\", \"framework\": \"" + written;

        assertThat(ModelRequests.newVersion(body + "\"}").framework()).contains(expected);
    }

    @Test
    void readsRequests() {
        assertThat(ModelRequests.newVersion("{\"version\": 3, \"storageUri\": \"s3://b/k\"}"))
                .isEqualTo(new NewVersion(new Version(3, "s3://b/k"), Optional.empty()));
        assertThat(ModelRequests.promotion("{\"version\": 3}"))
                .isEqualTo(new Promotion(3, Optional.empty()));
        assertThat(ModelRequests.promotion("{\"version\": 3, \"allowSignatureChange\": true}"))
                .isEqualTo(new Promotion(3, Optional.of(true)));
        assertThat(ModelRequests.aliasTarget("{\"version\": 7}")).isEqualTo(7);
        assertThat(ModelRequests.traffic("{\"shadow\": {\"version\": 2}}", Set.of(1, 2)))
                .isEqualTo(new TrafficRule.Shadow(2, 100));
        assertThat(ModelRequests.traffic("{\"byAlias\": {}}", Set.of()))
                .isEqualTo(new TrafficRule.ByAlias());
    }

    @Test
    void tellsAllThatIsWrongWithARequest() {
        assertThatThrownBy(() -> ModelRequests.newVersion("{\"version\": 0, \"url\": \"x\"}"))
                .isInstanceOf(ResourceProblems.class)
                .hasMessageContaining("must be from 1 to 999999999, was 0")
                .hasMessageContaining("unknown field 'url'; did you mean 'uri'?");
        assertThatThrownBy(() -> ModelRequests.promotion("[]"))
                .hasMessageContaining("expected a map, got a list");
        assertThatThrownBy(() -> ModelRequests.promotion("{}"))
                .hasMessageContaining("missing 'version'");
        assertThatThrownBy(() -> ModelRequests.promotion(""))
                .hasMessageContaining("expected one document, got 0");
        assertThatThrownBy(() -> ModelRequests.traffic("{\"pinned\": {\"version\": 2}}", Set.of(1)))
                .hasMessageContaining(
                        "pinned traffic names version 2, which is not among the versions");
        assertThatThrownBy(() -> ModelRequests.traffic("{}", Set.of(1)))
                .hasMessageContaining("missing one of byAlias, pinned, canary, shadow");
    }

    @Test
    void theExamplesAreRight() throws IOException {
        var reader = ResourceReader.forClient(ProjectId.DEFAULT, path -> path);
        try (Stream<Path> files = Files.list(Path.of("../../examples/models"))) {
            List<Path> examples = files.filter(f -> f.toString().endsWith(".yaml")).toList();
            assertThat(examples).hasSizeGreaterThan(3);
            for (Path example : examples) {
                assertThat(reader.read(example.toString(), Files.readString(example))).hasSize(1);
            }
        }
    }

    @Test
    void writesRulesAsTheyAreRead() {
        for (TrafficRule rule :
                List.of(
                        new TrafficRule.ByAlias(),
                        new TrafficRule.Pinned(1),
                        new TrafficRule.Canary(1, 0, ""),
                        new TrafficRule.Canary(1, 100, "x-user"),
                        new TrafficRule.Shadow(1, 5))) {
            assertThat(ModelRequests.traffic(ModelRequests.trafficJson(rule), Set.of(1)))
                    .isEqualTo(rule);
        }
    }
}
