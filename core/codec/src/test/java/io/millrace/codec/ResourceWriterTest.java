package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.Condition;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Metadata;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Status;
import io.millrace.codec.SpecDiff.Difference;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ResourceWriterTest {

    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
    private static final ResourceKey KEY =
            ResourceKey.of(Kind.MODEL, new ProjectId("fashion"), "classifier");

    @Test
    void writesTheJsonOfTheManagementApi() {
        var spec = ModelSpec.of("tensorflow", List.of(), Map.of());
        var status =
                new Status(
                        List.of(
                                new Condition(
                                        "Ready", Condition.Truth.TRUE, "Loaded", "", NOON, 2)),
                        Map.of("topics", "a"),
                        List.of(
                                new ModelVersionStatus(
                                        1,
                                        ModelVersionStatus.State.READY,
                                        "",
                                        "ab",
                                        7,
                                        "x -> y",
                                        "blob:sha256:ab",
                                        List.of(
                                                new ModelVersionStatus.Check(
                                                        "batch", "rows are independent")),
                                        true)));
        var resource =
                new Resource<>(
                        KEY,
                        new Metadata(
                                "u-1", "The title", Map.of("a", "b"), 2, new Revision(42), NOON),
                        spec,
                        status);

        assertThat(ResourceWriter.json(resource))
                .isEqualTo(
                        "{\"apiVersion\":\"millrace.io/v1\",\"kind\":\"Model\",\"metadata\":"
                                + "{\"project\":\"fashion\",\"name\":\"classifier\",\"title\":\"The"
                                + " title\",\"labels\":{\"a\":\"b\"},\"uid\":\"u-1\",\"generation\":2,"
                                + "\"revision\":42,\"createdAt\":\"2026-11-20T12:00:00Z\"},\"spec\":"
                                + "{\"framework\":\"tensorflow\",\"versions\":[],\"aliases\":{},"
                                + "\"batching\":{\"maxBatchSize\":64,\"maxDelay\":\"0s\","
                                + "\"maxQueuedItems\":4096,\"workers\":0},"
                                + "\"traffic\":{\"byAlias\":{}},\"signatureChange\":\"refuse\"},"
                                + "\"status\":{\"conditions\":["
                                + "{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"Loaded\","
                                + "\"message\":\"\",\"lastTransitionTime\":\"2026-11-20T12:00:00Z\","
                                + "\"observedGeneration\":2}],\"details\":{\"topics\":\"a\"},"
                                + "\"versions\":[{\"version\":1,\"state\":\"Ready\",\"message\":\"\","
                                + "\"sha256\":\"ab\",\"sizeBytes\":7,\"signature\":\"x -> y\","
                                + "\"origin\":\"blob:sha256:ab\",\"checks\":[{\"name\":\"batch\","
                                + "\"result\":\"rows are independent\"}],\"loaded\":true}]}}");
    }

    @Test
    void writesYamlAsPeopleDo() {
        List<Manifest<?>> manifests =
                ResourceReader.forClient(
                                ProjectId.DEFAULT,
                                path -> "def main(ctx, msg):\n    ctx.send(msg)\n")
                        .read("", BadResources.resource("fashion.yaml"));

        assertThat(ResourceWriter.yaml(manifests.get(3)))
                .isEqualTo(
                        """
                        apiVersion: millrace.io/v1
                        kind: Function
                        metadata:
                          project: fashion
                          name: apparel-classifier
                        spec:
                          language: python
                          environment: tensorflow-python
                          requirements: []
                          source:
                            file: apparel_classifier.py
                            inline: |
                              def main(ctx, msg):
                                  ctx.send(msg)
                          parameters: []
                          timeout: 30s
                          memory: 2Gi
                        """);
        assertThat(ResourceWriter.yaml(manifests.get(5)))
                .isEqualTo(
                        """
                        apiVersion: millrace.io/v1
                        kind: Pipeline
                        metadata:
                          project: default
                          name: fashion-pipeline
                        spec:
                          from:
                            categories:
                              MQTT:
                                - ByteArray
                              site:
                                - lab
                            start: latest
                          steps:
                            - function:
                                name: apparel-classifier
                                args:
                                  limit: "7"
                                  threshold: "0.50"
                                  verbose: "true"
                            - model:
                                name: fashion_classifier
                                version: production
                                decode:
                                  format: msgpack
                                  field: image
                                  scale: 0.00392156862745098
                                encode:
                                  format: json
                                  labels:
                                    - T-shirt/top
                                    - Trouser
                                  top: 1
                                  echo: []
                          to:
                            - mqtt:
                                topic: "apparel-predict/{project}"
                          delivery: at-least-once
                          onError:
                            attempts: 5
                            backoff: 90s
                            deadLetter: true
                          scale:
                            min: 2
                            max: 2
                        """);
    }

    @Test
    void differencesNameTheirPlace() {
        var before =
                ModelSpec.of(
                        "tensorflow",
                        List.of(new ModelSpec.Version(1, "a")),
                        Map.of("production", 1, "old", 1));
        var after =
                ModelSpec.of(
                        "tensorflow",
                        List.of(new ModelSpec.Version(1, "a"), new ModelSpec.Version(2, "b")),
                        Map.of("production", 2));

        assertThat(SpecDiff.between(Kind.MODEL, before, after))
                .containsExactly(
                        new Difference(
                                "versions[1]",
                                Optional.empty(),
                                Optional.of("{\"version\":2,\"uri\":\"b\"}")),
                        new Difference("aliases.old", Optional.of("1"), Optional.empty()),
                        new Difference("aliases.production", Optional.of("1"), Optional.of("2")));
        assertThat(SpecDiff.between(Kind.MODEL, after, after)).isEmpty();
        assertThat(
                        SpecDiff.betweenTexts(
                                ResourceWriter.specJson(Kind.MODEL, before),
                                ResourceWriter.specJson(Kind.MODEL, after)))
                .hasSize(3);
    }
}
