package io.millrace.control;

import io.millrace.api.CategorySpec;
import io.millrace.api.DataSize;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.FunctionSpec.Parameter;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.PipelineSpec.ByCategories;
import io.millrace.api.PipelineSpec.Delivery;
import io.millrace.api.PipelineSpec.ErrorPolicy;
import io.millrace.api.PipelineSpec.From;
import io.millrace.api.PipelineSpec.FunctionStep;
import io.millrace.api.PipelineSpec.ModelStep;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.api.PipelineSpec.Selection;
import io.millrace.api.PipelineSpec.Start;
import io.millrace.api.PipelineSpec.Step;
import io.millrace.api.ProjectId;
import io.millrace.api.ProjectSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Spec;
import io.millrace.api.VersionRef;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Manifests that read like what they say. All in project {@code fashion}. */
final class Given {
    static final ProjectId PROJECT = new ProjectId("fashion");

    private Given() {}

    static ResourceKey key(Kind kind, String name) {
        return ResourceKey.of(kind, PROJECT, name);
    }

    static <S extends Spec> Manifest<S> manifest(ResourceKey key, S spec) {
        return new Manifest<>(key, "", Map.of(), spec);
    }

    static Manifest<ProjectSpec> project() {
        return manifest(
                ResourceKey.ofProject(PROJECT), new ProjectSpec("", List.of(), List.of("local")));
    }

    static Manifest<CategorySpec> category(String name, String... values) {
        return manifest(
                ResourceKey.ofInstall(Kind.CATEGORY, new ResourceName(name)),
                new CategorySpec("", List.of(values)));
    }

    static Manifest<DataSourceSpec> source(
            String name, Map<String, String> categories, Field... fields) {
        return manifest(
                key(Kind.DATA_SOURCE, name),
                new DataSourceSpec(new EmbeddedMqtt(), List.of(fields), categories));
    }

    static Field field(String name, String topic) {
        return new Field(new ResourceName(name), topic, Map.of());
    }

    static Field field(String name, String topic, Map<String, String> categories) {
        return new Field(new ResourceName(name), topic, categories);
    }

    static Manifest<FunctionSpec> function(String name, String code, Parameter... parameters) {
        return manifest(
                key(Kind.FUNCTION, name),
                new FunctionSpec(
                        FunctionSpec.Language.PYTHON,
                        "python",
                        List.of(),
                        new FunctionSpec.Source(name + ".py", code),
                        List.of(parameters),
                        Duration.ofSeconds(30),
                        DataSize.ofMebibytes(64)));
    }

    static Manifest<ModelSpec> model(
            String name, Map<String, Integer> aliases, ModelSpec.Version... versions) {
        return manifest(
                key(Kind.MODEL, name), ModelSpec.of("tensorflow", List.of(versions), aliases));
    }

    static ModelSpec.Version version(int number) {
        return new ModelSpec.Version(number, "blob:sha256:" + number);
    }

    static Manifest<PipelineSpec> pipeline(
            String name, Selection selection, String topic, Step... steps) {
        return manifest(
                key(Kind.PIPELINE, name),
                new PipelineSpec(
                        new From(selection, Start.LATEST),
                        List.of(steps),
                        List.of(new MqttOutput(topic)),
                        Delivery.AT_LEAST_ONCE,
                        ErrorPolicy.DEFAULT,
                        io.millrace.api.ScaleSpec.ONE));
    }

    static Manifest<PipelineSpec> pipeline(
            String name, Selection selection, PipelineSpec.Output output) {
        return manifest(
                key(Kind.PIPELINE, name),
                new PipelineSpec(
                        new From(selection, Start.LATEST),
                        List.of(),
                        List.of(output),
                        Delivery.AT_LEAST_ONCE,
                        ErrorPolicy.DEFAULT,
                        io.millrace.api.ScaleSpec.ONE));
    }

    static Selection categories(Map<String, List<String>> wanted) {
        return new ByCategories(wanted);
    }

    static Selection dataSource(String name, String... fields) {
        return new PipelineSpec.ByDataSource(
                new ResourceName(name),
                java.util.Arrays.stream(fields).map(ResourceName::new).toList());
    }

    static Step call(String function, Map<String, String> args) {
        return new FunctionStep(new ResourceName(function), args);
    }

    static Step infer(String model, String version) {
        return new ModelStep(
                new ResourceName(model),
                VersionRef.parse(version),
                new DecodeSpec(DecodeSpec.Format.MSGPACK, List.of(), Optional.empty(), 1),
                new EncodeSpec(EncodeSpec.Format.JSON, List.of(), 1, List.of()));
    }
}
