package io.millrace.control;

import io.millrace.api.Condition.Truth;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.FunctionSpec.Parameter;
import io.millrace.api.FunctionSpec.ParameterType;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.PipelineSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicTemplate;
import io.millrace.api.VersionRef;
import io.millrace.control.PipelineDecision.Block;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelinePlan;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;

/** Decides how a pipeline runs. Pure: what the hosts say comes in by {@link Observed}. */
final class PipelinePlanner {
    private PipelinePlanner() {}

    static PipelineDecision plan(
            Resource<PipelineSpec> pipeline, StoreImage image, Observed observed) {
        PipelineSpec spec = pipeline.spec();
        Optional<Block> blocked = blockedBySelection(pipeline, image);
        for (PipelineSpec.Step step : spec.steps()) {
            if (blocked.isEmpty()) {
                blocked =
                        switch (step) {
                            case PipelineSpec.FunctionStep function ->
                                    blockedBy(function, pipeline.key(), image, observed);
                            case PipelineSpec.ModelStep model ->
                                    blockedBy(model, pipeline.key(), image, observed);
                            case PipelineSpec.PredictStep(var model, var version) ->
                                    blockedBy(model, version, pipeline.key(), image, observed);
                            case PipelineSpec.WindowStep _ -> Optional.empty();
                        };
            }
        }
        if (blocked.isPresent()) {
            return blocked.get();
        }
        var streams =
                StreamSelection.select(spec.from().selection(), pipeline.key().project(), image);
        if (streams.isEmpty()) {
            return new PipelineDecision.Wait();
        }
        Optional<Block> unknown = unknownCapture(spec, streams);
        if (unknown.isPresent()) {
            return unknown.get();
        }
        return switch (ModelDecoding.fillIn(pipeline, image, observed)) {
            case ModelDecoding.Missing(String message) -> new Block("MissingDecode", message);
            case ModelDecoding.Complete(var complete) ->
                    new PipelineDecision.Deploy(plan(complete, image, streams), streams);
        };
    }

    /** A name in a template that a stream does not give its records would fail each of them. */
    private static Optional<Block> unknownCapture(
            PipelineSpec spec, List<StreamSelection.Stream> streams) {
        for (var template : templates(spec).entrySet()) {
            for (StreamSelection.Stream stream : streams) {
                if (stream.owner().filter(key -> key.kind() == Kind.PIPELINE).isPresent()) {
                    continue; // its records bring the names of where they came from
                }
                Optional<String> problem = template.getValue().unknownCapture(stream.captures());
                if (problem.isPresent()) {
                    return Optional.of(
                            new Block(
                                    "UnknownTemplate",
                                    "'%s': %s; the topic of %s names %s"
                                            .formatted(
                                                    template.getKey(),
                                                    problem.get(),
                                                    stream.label(),
                                                    stream.captures().isEmpty()
                                                            ? "no levels"
                                                            : stream.captures())));
                }
            }
        }
        return Optional.empty();
    }

    /** Each under what was declared. */
    private static Map<String, TopicTemplate> templates(PipelineSpec spec) {
        var templates = new LinkedHashMap<String, TopicTemplate>();
        for (PipelineSpec.Output output : spec.to()) {
            switch (output) {
                case PipelineSpec.MqttOutput mqtt ->
                        templates.put(mqtt.topic(), TopicTemplate.parse(mqtt.topic()));
                case PipelineSpec.KafkaOutput kafka ->
                        templates.put(kafka.topic(), TopicTemplate.parse(kafka.topic()));
                case PipelineSpec.StreamOutput() -> {}
                case PipelineSpec.BucketOutput bucket -> {
                    templates.put(bucket.bucket(), TopicTemplate.ofObject(bucket.bucket()));
                    templates.put(bucket.key(), TopicTemplate.ofObject(bucket.key()));
                }
            }
        }
        for (PipelineSpec.Step step : spec.steps()) {
            if (step instanceof PipelineSpec.ModelStep model
                    && model.choice() instanceof PipelineSpec.SelectedModel selected) {
                templates.put(selected.selector(), TopicTemplate.parse(selected.selector()));
            }
        }
        return templates;
    }

    private static PipelinePlan plan(
            Resource<PipelineSpec> pipeline,
            StoreImage image,
            List<StreamSelection.Stream> streams) {
        var functions = new HashMap<ResourceName, FunctionSpec>();
        var generations = new HashMap<ResourceName, Long>();
        for (PipelineSpec.Step step : pipeline.spec().steps()) {
            if (step instanceof PipelineSpec.FunctionStep(var name, var _)) {
                Resource<FunctionSpec> function =
                        function(name, pipeline.key(), image).orElseThrow();
                functions.put(name, function.spec());
                generations.put(name, function.metadata().generation());
            }
        }
        var inputs = new ArrayList<PipelinePlan.Input>();
        streams.forEach(
                s -> inputs.add(new PipelinePlan.Input(s.logTopic(), s.selectors(), s.objects())));
        inputs.add(retries(pipeline.key()));
        return new PipelinePlan(
                pipeline.key(),
                pipeline.metadata().uid(),
                pipeline.metadata().createdAt(),
                pipeline.spec(),
                inputs,
                functions,
                generations);
    }

    /** Dead letters that shall be tried again; where each was read first, it says itself. */
    static PipelinePlan.Input retries(ResourceKey pipeline) {
        return new PipelinePlan.Input(
                LogTopic.ofRetries(pipeline.project(), pipeline.name()), Map.of());
    }

    private static Optional<Block> blockedBySelection(
            Resource<PipelineSpec> pipeline, StoreImage image) {
        return switch (pipeline.spec().from().selection()) {
            case PipelineSpec.ByCategories(var categories) ->
                    unknownCategory(categories, image)
                            .map(text -> new Block(CategoryCheck.REASON, text));
            case PipelineSpec.ByDataSource selection -> blockedBy(selection, pipeline.key(), image);
            case PipelineSpec.ByLogTopic _ -> Optional.empty();
            case PipelineSpec.ByPipeline(var name) -> blockedBy(name, pipeline.key(), image);
        };
    }

    private static Optional<String> unknownCategory(
            Map<String, List<String>> categories, StoreImage image) {
        return new TreeMap<>(categories)
                .entrySet().stream()
                        .flatMap(category ->
                                category.getValue().stream()
                                        .map(value ->
                                                CategoryCheck.problem(
                                                        category.getKey(), value, image)))
                        .flatMap(Optional::stream)
                        .findFirst();
    }

    private static Optional<Block> blockedBy(
            PipelineSpec.ByDataSource selection, ResourceKey pipeline, StoreImage image) {
        var key = ResourceKey.of(Kind.DATA_SOURCE, pipeline.project(), selection.name());
        var source = image.find(key, DataSourceSpec.class);
        if (source.isEmpty()) {
            return Optional.of(
                    new Block(
                            "UnknownDataSource",
                            "data source '" + selection.name() + "' does not exist"));
        }
        return selection.fields().stream()
                .filter(field -> source.get().spec().field(field).isEmpty())
                .findFirst()
                .map(field ->
                        new Block(
                                "UnknownField",
                                "data source '%s' has no field '%s'"
                                        .formatted(selection.name(), field)));
    }

    private static Optional<Block> blockedBy(
            ResourceName upstream, ResourceKey pipeline, StoreImage image) {
        var key = ResourceKey.of(Kind.PIPELINE, pipeline.project(), upstream);
        var found = image.find(key, PipelineSpec.class);
        if (found.isEmpty()) {
            return Optional.of(
                    new Block("UnknownPipeline", "pipeline '" + upstream + "' does not exist"));
        }
        boolean hasStream =
                found.get().spec().to().stream()
                        .anyMatch(PipelineSpec.StreamOutput.class::isInstance);
        return hasStream
                ? Optional.empty()
                : Optional.of(
                        new Block(
                                "NoStream",
                                "pipeline '%s' keeps no answers; add 'stream: {}' to its 'to'"
                                        .formatted(upstream)));
    }

    private static Optional<Block> blockedBy(
            PipelineSpec.FunctionStep step,
            ResourceKey pipeline,
            StoreImage image,
            Observed observed) {
        var function = function(step.name(), pipeline, image);
        if (function.isEmpty()) {
            return Optional.of(
                    new Block("UnknownFunction", "function '" + step.name() + "' does not exist"));
        }
        Optional<Block> wrong =
                wrongArguments(step.args(), function.get().spec().parameters())
                        .map(text ->
                                new Block(
                                        "InvalidArguments",
                                        "function '" + step.name() + "': " + text));
        if (wrong.isPresent()) {
            return wrong;
        }
        Observation now = FunctionReconciler.observe(observed.environment(function.get().key()));
        // Both: the status may stem from before a restart, and what runs from an older spec.
        if (now.ready() == Truth.TRUE && function.get().isReady()) {
            return Optional.empty();
        }
        return Optional.of(
                new Block(
                        "FunctionNotReady",
                        "waiting for function '" + step.name() + "'" + because(now.message())));
    }

    private static Optional<Resource<FunctionSpec>> function(
            ResourceName name, ResourceKey pipeline, StoreImage image) {
        return image.find(
                ResourceKey.of(Kind.FUNCTION, pipeline.project(), name), FunctionSpec.class);
    }

    /**
     * What is wrong with the arguments for a function: each declared parameter needs one and no
     * other is known. A function that declares no parameters takes any.
     */
    static Optional<String> wrongArguments(Map<String, String> args, List<Parameter> parameters) {
        var unknown = new TreeSet<>(args.keySet());
        for (Parameter parameter : parameters) {
            unknown.remove(parameter.name());
            String value = args.get(parameter.name());
            if (value == null) {
                return Optional.of("parameter '" + parameter.name() + "' has no value");
            }
            if (parameter.type() == ParameterType.INTEGER && !isInteger(value)) {
                return Optional.of(
                        "parameter '%s' must be an integer, was '%s'"
                                .formatted(parameter.name(), value));
            }
        }
        if (parameters.isEmpty() || unknown.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("it has no parameter '" + unknown.first() + "'");
    }

    private static boolean isInteger(String value) {
        int digits = value.startsWith("-") || value.startsWith("+") ? 1 : 0;
        return value.length() > digits
                && value.chars().skip(digits).allMatch(c -> c >= '0' && c <= '9');
    }

    private static Optional<Block> blockedBy(
            PipelineSpec.ModelStep step,
            ResourceKey pipeline,
            StoreImage image,
            Observed observed) {
        for (ResourceName name : step.models()) {
            Optional<Block> blocked = blockedBy(name, step.version(), pipeline, image, observed);
            if (blocked.isPresent()) {
                return blocked;
            }
        }
        return Optional.empty();
    }

    private static Optional<Block> blockedBy(
            ResourceName name,
            VersionRef version,
            ResourceKey pipeline,
            StoreImage image,
            Observed observed) {
        var key = ResourceKey.of(Kind.MODEL, pipeline.project(), name);
        var model = image.find(key, ModelSpec.class);
        if (model.isEmpty()) {
            return Optional.of(new Block("UnknownModel", "model '" + name + "' does not exist"));
        }
        Optional<String> missing =
                ServingRule.missing(
                        version, model.get().spec(), observed.versions(key), observed.serving(key));
        return missing.map(text ->
                new Block("ModelNotReady", "waiting for model '" + name + "'" + because(text)));
    }

    private static String because(String text) {
        return text.isEmpty() ? "" : ": " + text;
    }

    /** What the hosts say now. */
    interface Observed {
        /** What became of each version of a model; empty when the host does not know it. */
        List<ModelVersionStatus> versions(ResourceKey model);

        /** The version of a model that answers those who name none. */
        OptionalInt serving(ResourceKey model);

        /** How far the environment of a function is; empty when it was never prepared. */
        Optional<EnvironmentState> environment(ResourceKey function);
    }
}
