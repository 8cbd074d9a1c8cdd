package io.millrace.stream;

import io.millrace.api.DataSize;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.Kind;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.ScaleSpec;
import io.millrace.api.VersionRef;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelinePlan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans that read like what they test: {@code aPipeline().function().to("out").plan()}. */
final class Plans {

    static final String INPUT = "shop.source.camera.images";
    static final ProjectId PROJECT = new ProjectId("shop");
    static final ResourceKey KEY = ResourceKey.of(Kind.PIPELINE, PROJECT, "sorter");
    static final String DEAD = LogTopic.ofDeadLetters(PROJECT, KEY.name());
    static final ResourceName FUNCTION = new ResourceName("classify");

    private final List<PipelineSpec.Step> steps = new ArrayList<>();
    private final List<PipelineSpec.Output> outputs = new ArrayList<>();
    private List<PipelinePlan.Input> inputs =
            List.of(new PipelinePlan.Input(INPUT, Map.of("site", "a")));
    private PipelineSpec.ErrorPolicy policy =
            new PipelineSpec.ErrorPolicy(3, Duration.ofMillis(200), true);
    private PipelineSpec.Start start = PipelineSpec.Start.EARLIEST;
    private PipelineSpec.Delivery delivery = PipelineSpec.Delivery.AT_LEAST_ONCE;
    private Map<ResourceName, Long> generations = Map.of();
    private ScaleSpec scale = ScaleSpec.ONE;
    private ResourceKey key = KEY;

    private Plans() {}

    static Plans aPipeline() {
        return new Plans();
    }

    Plans function() {
        steps.add(new PipelineSpec.FunctionStep(FUNCTION, Map.of("limit", "5")));
        return this;
    }

    Plans model() {
        steps.add(
                new PipelineSpec.ModelStep(
                        new ResourceName("net"),
                        new VersionRef.Serving(),
                        new DecodeSpec(DecodeSpec.Format.JSON, List.of("x"), Optional.empty(), 1),
                        new EncodeSpec(
                                EncodeSpec.Format.JSON, List.of(), 1, List.of("k", "n", "c"))));
        return this;
    }

    Plans step(PipelineSpec.Step step) {
        steps.add(step);
        return this;
    }

    Plans to(String mqttTopic) {
        outputs.add(new PipelineSpec.MqttOutput(mqttTopic));
        return this;
    }

    Plans toLog(String topic) {
        outputs.add(new PipelineSpec.KafkaOutput(topic));
        return this;
    }

    Plans from(String... topics) {
        inputs =
                java.util.Arrays.stream(topics)
                        .map(topic -> new PipelinePlan.Input(topic, Map.of()))
                        .toList();
        return this;
    }

    Plans onError(int attempts, boolean deadLetter) {
        policy = new PipelineSpec.ErrorPolicy(attempts, Duration.ofMillis(200), deadLetter);
        return this;
    }

    Plans to(PipelineSpec.Output output) {
        outputs.add(output);
        return this;
    }

    Plans exactlyOnce() {
        delivery = PipelineSpec.Delivery.EXACTLY_ONCE;
        return this;
    }

    Plans generation(long ofTheFunction) {
        generations = Map.of(FUNCTION, ofTheFunction);
        return this;
    }

    Plans latest() {
        start = PipelineSpec.Start.LATEST;
        return this;
    }

    Plans named(String name) {
        key = ResourceKey.of(Kind.PIPELINE, PROJECT, name);
        return this;
    }

    Plans tasks(int count) {
        return scale(ScaleSpec.fixed(count));
    }

    Plans scale(ScaleSpec next) {
        scale = next;
        return this;
    }

    PipelinePlan plan() {
        var spec =
                new PipelineSpec(
                        new PipelineSpec.From(
                                new PipelineSpec.ByDataSource(
                                        new ResourceName("camera"), List.of()),
                                start),
                        steps,
                        outputs,
                        delivery,
                        policy,
                        scale);
        var function =
                new FunctionSpec(
                        FunctionSpec.Language.PYTHON,
                        "python",
                        List.of(),
                        new FunctionSpec.Source("f.py", "def main(ctx, msg): ctx.send(msg)"),
                        List.of(),
                        FunctionSpec.DEFAULT_TIMEOUT,
                        DataSize.ofMebibytes(64));
        return new PipelinePlan(
                key,
                "u1",
                Instant.parse("2026-01-01T00:00:00Z"),
                spec,
                inputs,
                Map.of(FUNCTION, function),
                generations);
    }
}
