package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.FunctionStep;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.api.Spec;
import io.millrace.api.TopicRange;
import io.millrace.api.VersionRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class ResourceReaderTest {

    private static final ProjectId FASHION = new ProjectId("fashion");

    private final ResourceReader server = ResourceReader.forServer(FASHION);
    private final ResourceReader client =
            ResourceReader.forClient(FASHION, path -> "# text of " + path + "\n");

    @Test
    void readsTheResourcesOfTheDesign() {
        List<Manifest<?>> manifests =
                client.read("fashion.yaml", BadResources.resource("fashion.yaml"));

        assertThat(manifests)
                .extracting(m -> m.key().toString())
                .containsExactly(
                        "Project/fashion",
                        "Category/MQTT",
                        "fashion/DataSource/mqtt-camera",
                        "fashion/Function/apparel-classifier",
                        "fashion/Model/fashion_classifier",
                        "fashion/Pipeline/fashion-pipeline");
        assertThat(manifests.get(2).title()).isEqualTo("The camera");
        assertThat(manifests.get(2).labels()).isEqualTo(Map.of("site", "1", "indoor", "true"));
        assertThat(spec(manifests, Kind.FUNCTION, FunctionSpec.class).source())
                .isEqualTo(
                        new FunctionSpec.Source(
                                "apparel_classifier.py", "# text of apparel_classifier.py\n"));
        assertThat(spec(manifests, Kind.MODEL, ModelSpec.class).framework())
                .isEqualTo("tensorflow");
        PipelineSpec pipeline = spec(manifests, Kind.PIPELINE, PipelineSpec.class);
        assertThat(pipeline.steps())
                .containsExactly(
                        new FunctionStep(
                                new ResourceName("apparel-classifier"),
                                Map.of("threshold", "0.50", "verbose", "true", "limit", "7")),
                        new ModelStep(
                                new ResourceName("fashion_classifier"),
                                new VersionRef.Alias("production"),
                                new DecodeSpec(
                                        DecodeSpec.Format.MSGPACK,
                                        List.of("image"),
                                        Optional.empty(),
                                        0.00392156862745098),
                                new EncodeSpec(
                                        EncodeSpec.Format.JSON,
                                        List.of("T-shirt/top", "Trouser"),
                                        1,
                                        List.of())));
        assertThat(pipeline.from().selection())
                .isEqualTo(
                        new PipelineSpec.ByCategories(
                                Map.of("MQTT", List.of("ByteArray"), "site", List.of("lab"))));
        assertThat(pipeline.onError())
                .isEqualTo(new PipelineSpec.ErrorPolicy(5, Duration.ofSeconds(90), true));
        assertThat(pipeline.scale().min()).isEqualTo(2);
    }

    @Test
    void fileThatCannotBeReadIsAProblemAtItsPlace() {
        var reader =
                ResourceReader.forClient(
                        FASHION,
                        path -> {
                            throw MillraceException.notFound(path + " does not exist");
                        });

        assertThatThrownBy(() -> reader.read("f.yaml", BadResources.resource("fashion.yaml")))
                .isInstanceOf(ResourceProblems.class)
                .hasMessage("f.yaml:22:73: apparel_classifier.py does not exist");
    }

    @Test
    void whatTheServerGaveCanBeSentBack() {
        String answered =
                """
                {"apiVersion":"millrace.io/v1","kind":"Category","metadata":{"name":"a","uid":"u",\
                "generation":3,"revision":9,"createdAt":"2026-11-20T08:00:00Z"},\
                "spec":{"description":"","values":["x"]},"status":{"conditions":[],"details":{}}}\
                """;

        assertThat(server.read("", answered)).hasSize(1);
    }

    @Test
    void aliasesStandForWhatTheyName() {
        String text =
                """
                apiVersion: millrace.io/v1
                kind: Category
                metadata: {name: &n a, title: *n}
                spec: {values: [*n, b]}
                """;

        assertThat(server.read("", text).getFirst().title()).isEqualTo("a");
    }

    @Test
    void trainingAgainFollowsTheDirectionOfItsMetric() {
        assertThat(retrain("every: 100, metric: accuracy"))
                .isEqualTo(
                        new RetrainSpec(
                                OptionalLong.of(100),
                                Optional.empty(),
                                new ResourceName("m"),
                                "accuracy",
                                true,
                                0));
        assertThat(retrain("onDriftOf: m, metric: mae").isUpward()).isFalse();
        assertThat(retrain("onDriftOf: m, metric: accuracy, upward: false").isUpward()).isFalse();
        assertThat(retrain("every: 1, metric: mse, window: 500, improvement: -0.5"))
                .isEqualTo(
                        new RetrainSpec(
                                OptionalLong.of(1),
                                Optional.empty(),
                                new ResourceName("m"),
                                "mse",
                                false,
                                -0.5,
                                OptionalLong.of(500)));
        assertThatThrownBy(() -> retrain("metric: mse"))
                .hasMessageContaining("missing one of every, onDriftOf");
    }

    private RetrainSpec retrain(String fields) {
        String text =
                """
                apiVersion: millrace.io/v1
                kind: Experiment
                metadata: {name: e}
                spec:
                  definitions: [d]
                  retrain: {model: m, %s}
                """
                        .formatted(fields);
        return spec(server.read("", text), Kind.EXPERIMENT, ExperimentSpec.class)
                .retrain()
                .orElseThrow();
    }

    @Test
    void samplesAreHeldBackFromRangesOfTheDatasetOnly() {
        assertThat(heldBackFrom("\"t:0:5:9\"")).containsExactly(TopicRange.of("t", 0, 5, 9));
        assertThatThrownBy(() -> heldBackFrom("\"t:0:5:8\""))
                .hasMessageContaining("expected some of the ranges, each with an end, not t:0:5:8");
        assertThatThrownBy(() -> heldBackFrom("\"t:1\""))
                .hasMessageContaining("each with an end, not t:1:0");
    }

    private List<TopicRange> heldBackFrom(String ranges) {
        String text =
                """
                apiVersion: millrace.io/v1
                kind: Dataset
                metadata: {name: d}
                spec:
                  ranges: ["t:0:0:5", "t:0:5:9", "t:1"]
                  decode: {format: raw, type: uint8}
                  label: {decode: {format: raw, type: uint8}}
                  split: {test: 0.5, heldBackFrom: [%s]}
                """
                        .formatted(ranges);
        return spec(server.read("", text), Kind.DATASET, DatasetSpec.class).split().heldBackFrom();
    }

    @Test
    void emptyDocumentsAreSkipped() {
        String category =
                """
                apiVersion: millrace.io/v1
                kind: Category
                metadata: {name: a}
                spec: {values: [x]}
                """;

        assertThat(server.read("", "---\n---\n" + category + "---\n# end\n")).hasSize(1);
    }

    @Test
    void newerServersMayAnswerMore() {
        String answered =
                """
                {"apiVersion":"millrace.io/v1","kind":"Category","new":1,"metadata":{"name":"a",\
                "uid":"u","generation":3,"revision":9,"createdAt":"2026-11-20T08:00:00Z","new":1},\
                "spec":{"description":"","values":["x"],"new":1},"status":{"new":{}}}\
                """;

        assertThat(ResourceReader.readResource(answered).key())
                .isEqualTo(ResourceKey.ofInstall(Kind.CATEGORY, new ResourceName("a")));
        assertThatThrownBy(() -> ResourceReader.readResource("{\"apiVersion\":\"millrace.io/v1\"}"))
                .isInstanceOf(ResourceProblems.class)
                .hasMessageContaining("missing 'kind'");
        assertThatThrownBy(() -> ResourceReader.readResource(""))
                .isInstanceOf(ResourceProblems.class);
    }

    @Test
    void billionLaughsAreRefusedQuickly() {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            String last = "*a" + (i - 1);
            text.append("a").append(i).append(": &a").append(i).append(" [");
            text.append(String.join(", ", java.util.Collections.nCopies(10, last))).append("]\n");
        }

        assertThatThrownBy(() -> server.read("bomb.yaml", text.toString()))
                .isInstanceOf(ResourceProblems.class)
                .hasMessageContaining("more than 500000 values, aliases counted");
    }

    @Test
    void limitsAreTold() {
        assertThatThrownBy(() -> server.read("", "[".repeat(100_000)))
                .hasMessageContaining("nested more than 40 deep");
        assertThatThrownBy(() -> server.read("", "{\"a\":".repeat(100_000)))
                .hasMessageContaining("nested more than 40 deep");
        assertThatThrownBy(() -> server.read("", "- ".repeat(100_000)))
                .hasMessageContaining("nested more than 40 deep");
        assertThatThrownBy(() -> server.read("", "a: b\n---\n".repeat(3_000)))
                .hasMessageContaining("more than 2000 documents");
        assertThatThrownBy(() -> server.read("", "x".repeat(9 << 20)))
                .hasMessageContaining("characters, allowed are 8388608");
        assertThatThrownBy(() -> server.read("", "[" + "1,".repeat(600_000) + "1]"))
                .hasMessageContaining("more than 500000 values");
    }

    @Test
    void manyProblemsAreCutOff() {
        var text =
                new StringBuilder(
                        """
                        apiVersion: millrace.io/v1
                        kind: Category
                        metadata: {name: a}
                        spec:
                          values: [x]
                        """);
        for (int i = 0; i < 150; i++) {
            text.append("  field").append(i).append(": 1\n");
        }

        assertThatThrownBy(() -> server.read("", text.toString()))
                .hasMessageContaining("and 50 more problems");
    }

    private static <S extends Spec> S spec(List<Manifest<?>> manifests, Kind kind, Class<S> type) {
        return manifests.stream()
                .filter(m -> m.key().kind() == kind)
                .map(m -> type.cast(m.spec()))
                .findFirst()
                .orElseThrow();
    }
}
