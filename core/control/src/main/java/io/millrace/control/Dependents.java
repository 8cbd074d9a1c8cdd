package io.millrace.control;

import io.millrace.api.CategorySpec;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TrainingRunSpec;
import io.millrace.api.VersionRef;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Who refers to a resource: for looking at them again, and for refusing to delete it. Pure. */
final class Dependents {
    private Dependents() {}

    /** Who is to be looked at again when the spec of a resource changed, came or went. */
    static List<ResourceKey> ofSpec(ResourceKey changed, StoreImage image) {
        return switch (changed.kind()) {
            case PROJECT -> inProject(new ProjectId(changed.name().value()), image);
            case CATEGORY -> usersOfCategory(changed.name(), image, _ -> true);
            // Another source may have waited for a topic that is free now.
            case DATA_SOURCE -> {
                var all = others(changed, image);
                all.addAll(pipelines(changed, image, p -> mayRead(p, changed.name())));
                for (var model : image.all(Kind.MODEL, changed.project(), ModelSpec.class)) {
                    if (Labelling.reads(model, changed.name())) {
                        all.add(model.key());
                    }
                }
                yield all;
            }
            case FUNCTION -> usersOfStep(changed, image);
            case MODEL -> usersOfModel(changed, image);
            case PIPELINE -> pipelines(changed, image, p -> follows(p, changed.name()));
            case MODEL_DEFINITION, EXPERIMENT -> trainings(changed, image);
            case DATASET -> {
                // An experiment may have waited for it.
                var all = waiting(changed.project(), image);
                all.addAll(trainings(changed, image));
                all.addAll(retrained(changed, image));
                yield all;
            }
            case TRAINING_RUN -> experimentOf(changed, image);
            case INFERENCE_GRAPH -> List.of();
        };
    }

    /** Who is to be looked at again when something new was observed of a resource. */
    static List<ResourceKey> ofObservation(ResourceKey changed, StoreImage image) {
        return switch (changed.kind()) {
            case FUNCTION -> usersOfStep(changed, image);
            case MODEL -> usersOfModel(changed, image);
            case TRAINING_RUN -> experimentOf(changed, image);
            case PROJECT,
                    CATEGORY,
                    DATA_SOURCE,
                    INFERENCE_GRAPH,
                    PIPELINE,
                    MODEL_DEFINITION,
                    DATASET,
                    EXPERIMENT ->
                    List.of();
        };
    }

    /** Who would break when a resource went. */
    static List<ResourceKey> users(ResourceKey key, StoreImage image) {
        return switch (key.kind()) {
            case PROJECT -> inProject(new ProjectId(key.name().value()), image);
            case CATEGORY -> usersOfCategory(key.name(), image, _ -> true);
            case DATA_SOURCE -> pipelines(key, image, p -> names(p, key.name()));
            case FUNCTION, MODEL -> usersOfStep(key, image);
            case PIPELINE -> pipelines(key, image, p -> follows(p, key.name()));
            case MODEL_DEFINITION, DATASET, EXPERIMENT -> trainingsUnderWay(key, image);
            case TRAINING_RUN -> List.of();
            case INFERENCE_GRAPH -> List.of();
        };
    }

    /** A run that has ended keeps what it needs: its plan, its report and its model. */
    private static List<ResourceKey> trainingsUnderWay(ResourceKey key, StoreImage image) {
        return trainings(key, image).stream()
                .filter(user ->
                        user.kind() != Kind.TRAINING_RUN
                                || image.find(user)
                                        .filter(run -> !RunPhase.of(run).isEnd())
                                        .isPresent())
                .toList();
    }

    /** The experiment whose round a dataset is. */
    private static List<ResourceKey> retrained(ResourceKey dataset, StoreImage image) {
        return image.find(dataset)
                .flatMap(RetrainRound::experimentOf)
                .map(uid ->
                        image.all(Kind.EXPERIMENT, dataset.project()).stream()
                                .filter(experiment -> experiment.metadata().uid().equals(uid))
                                .<ResourceKey>map(Resource::key)
                                .toList())
                .orElse(List.of());
    }

    private static List<ResourceKey> waiting(ProjectId project, StoreImage image) {
        var keys = new ArrayList<ResourceKey>();
        for (var experiment : image.all(Kind.EXPERIMENT, project, ExperimentSpec.class)) {
            if (experiment.spec().dataset().isEmpty()) {
                keys.add(experiment.key());
            }
        }
        return keys;
    }

    /** Of a run that is gone nobody knows any more to which experiment it belonged. */
    private static List<ResourceKey> experimentOf(ResourceKey run, StoreImage image) {
        return image.find(run, TrainingRunSpec.class)
                .map(known ->
                        known.spec().experiment().stream()
                                .map(name -> ResourceKey.of(Kind.EXPERIMENT, run.project(), name))
                                .toList())
                .orElseGet(() ->
                        image.all(Kind.EXPERIMENT, run.project()).stream()
                                .<ResourceKey>map(Resource::key)
                                .toList());
    }

    /** The experiments and runs that name a definition, a dataset or an experiment. */
    private static List<ResourceKey> trainings(ResourceKey key, StoreImage image) {
        var users = new ArrayList<ResourceKey>();
        for (var experiment : image.all(Kind.EXPERIMENT, key.project(), ExperimentSpec.class)) {
            ExperimentSpec spec = experiment.spec();
            boolean isUser =
                    switch (key.kind()) {
                        case MODEL_DEFINITION -> spec.definitions().contains(key.name());
                        case DATASET -> spec.dataset().filter(key.name()::equals).isPresent();
                        default -> false;
                    };
            if (isUser) {
                users.add(experiment.key());
            }
        }
        for (var run : image.all(Kind.TRAINING_RUN, key.project(), TrainingRunSpec.class)) {
            TrainingRunSpec spec = run.spec();
            boolean isUser =
                    switch (key.kind()) {
                        case MODEL_DEFINITION -> spec.definition().equals(key.name());
                        case DATASET -> spec.dataset().equals(key.name());
                        case EXPERIMENT -> spec.experiment().filter(key.name()::equals).isPresent();
                        default -> false;
                    };
            if (isUser) {
                users.add(run.key());
            }
        }
        return users;
    }

    /** Who uses one of the values of a category. */
    static List<ResourceKey> usersOfCategory(
            ResourceName category, StoreImage image, Predicate<String> value) {
        var users = new ArrayList<ResourceKey>();
        String name = category.value();
        for (Resource<?> resource : image.all(Kind.DATA_SOURCE)) {
            if (resource.spec() instanceof DataSourceSpec source && carries(source, name, value)) {
                users.add(resource.key());
            }
        }
        for (Resource<?> resource : image.all(Kind.PIPELINE)) {
            if (resource.spec() instanceof PipelineSpec pipeline
                    && pipeline.from().selection()
                            instanceof PipelineSpec.ByCategories(var categories)
                    && categories.getOrDefault(name, List.of()).stream().anyMatch(value)) {
                users.add(resource.key());
            }
        }
        return users;
    }

    /** Who uses values of a category that it would not have any more. */
    static List<ResourceKey> usersOfLostValues(
            ResourceName category, CategorySpec next, StoreImage image) {
        return usersOfCategory(category, image, value -> !next.values().contains(value));
    }

    private static boolean carries(
            DataSourceSpec source, String category, Predicate<String> value) {
        return source.fields().stream()
                .map(field -> source.categoriesOf(field).get(category))
                .anyMatch(carried -> carried != null && value.test(carried));
    }

    private static List<ResourceKey> inProject(ProjectId project, StoreImage image) {
        var keys = new ArrayList<ResourceKey>();
        for (Kind kind : Kind.values()) {
            if (kind.isInProject()) {
                image.all(kind, project).forEach(resource -> keys.add(resource.key()));
            }
        }
        return keys;
    }

    private static List<ResourceKey> others(ResourceKey source, StoreImage image) {
        var keys = new ArrayList<ResourceKey>();
        for (Resource<?> resource : image.all(source.kind(), source.project())) {
            if (!resource.key().equals(source)) {
                keys.add(resource.key());
            }
        }
        return keys;
    }

    /** Experiments that train a model again look at its versions and at its drift. */
    private static List<ResourceKey> usersOfModel(ResourceKey model, StoreImage image) {
        List<ResourceKey> users = usersOfStep(model, image);
        for (var experiment : image.all(Kind.EXPERIMENT, model.project(), ExperimentSpec.class)) {
            if (experiment.spec().retrain().stream()
                    .anyMatch(retrain ->
                            retrain.model().equals(model.name())
                                    || retrain.onDriftOf()
                                            .filter(model.name()::equals)
                                            .isPresent())) {
                users.add(experiment.key());
            }
        }
        return users;
    }

    private static List<ResourceKey> usersOfStep(ResourceKey key, StoreImage image) {
        List<ResourceKey> users = pipelinesWithStep(key, image);
        for (var graph : image.all(Kind.INFERENCE_GRAPH, key.project(), InferenceGraphSpec.class)) {
            if (graph.spec().nodes().values().stream()
                    .flatMap(node -> node.steps().stream())
                    .anyMatch(step -> isTarget(step.target(), key))) {
                users.add(graph.key());
            }
        }
        if (key.kind() == Kind.FUNCTION) {
            users.addAll(transformed(key, image));
        }
        return users;
    }

    /** The models whose transformer a function is. */
    private static List<ResourceKey> transformed(ResourceKey function, StoreImage image) {
        var models = new ArrayList<ResourceKey>();
        for (var model : image.all(Kind.MODEL, function.project(), ModelSpec.class)) {
            if (model.spec()
                    .transformer()
                    .filter(transformer -> transformer.function().equals(function.name()))
                    .isPresent()) {
                models.add(model.key());
            }
        }
        return models;
    }

    private static boolean isTarget(InferenceGraphSpec.Target target, ResourceKey key) {
        return switch (target) {
            case InferenceGraphSpec.Target.Model(var name, var _) ->
                    key.kind() == Kind.MODEL && name.equals(key.name());
            case InferenceGraphSpec.Target.Function(var name) ->
                    key.kind() == Kind.FUNCTION && name.equals(key.name());
            case InferenceGraphSpec.Target.NodeOf _ -> false;
        };
    }

    private static List<ResourceKey> pipelinesWithStep(ResourceKey key, StoreImage image) {
        return pipelines(
                key,
                image,
                pipeline ->
                        pipeline.steps().stream()
                                .anyMatch(step ->
                                        switch (step) {
                                            case PipelineSpec.FunctionStep function ->
                                                    key.kind() == Kind.FUNCTION
                                                            && function.name().equals(key.name());
                                            case PipelineSpec.ModelStep model ->
                                                    key.kind() == Kind.MODEL
                                                            && model.models().contains(key.name());
                                            case PipelineSpec.PredictStep predict ->
                                                    key.kind() == Kind.MODEL
                                                            && predict.model().equals(key.name());
                                            case PipelineSpec.WindowStep _ -> false;
                                        }));
    }

    /** The pipelines and graphs that name a version of a model by its number. */
    static List<ResourceKey> usersOfVersion(ResourceKey model, int version, StoreImage image) {
        var reference = new VersionRef.Numbered(version);
        var step = new InferenceGraphSpec.Target.Model(model.name(), reference);
        List<ResourceKey> users =
                pipelines(
                        model,
                        image,
                        pipeline ->
                                pipeline.steps().stream()
                                        .anyMatch(s -> names(s, model.name(), reference)));
        for (var graph :
                image.all(Kind.INFERENCE_GRAPH, model.project(), InferenceGraphSpec.class)) {
            if (graph.spec().nodes().values().stream()
                    .flatMap(node -> node.steps().stream())
                    .anyMatch(s -> s.target().equals(step))) {
                users.add(graph.key());
            }
        }
        return users;
    }

    private static boolean names(PipelineSpec.Step step, ResourceName model, VersionRef reference) {
        return switch (step) {
            case PipelineSpec.ModelStep named ->
                    named.models().contains(model) && named.version().equals(reference);
            case PipelineSpec.PredictStep(var name, var version) ->
                    name.equals(model) && version.equals(reference);
            case PipelineSpec.FunctionStep _, PipelineSpec.WindowStep _ -> false;
        };
    }

    private static boolean mayRead(PipelineSpec pipeline, ResourceName source) {
        return pipeline.from().selection() instanceof PipelineSpec.ByCategories
                || names(pipeline, source);
    }

    private static boolean names(PipelineSpec pipeline, ResourceName source) {
        return pipeline.from().selection() instanceof PipelineSpec.ByDataSource(var name, var _)
                && name.equals(source);
    }

    private static boolean follows(PipelineSpec pipeline, ResourceName upstream) {
        return pipeline.from().selection() instanceof PipelineSpec.ByPipeline(var name)
                && name.equals(upstream);
    }

    private static List<ResourceKey> pipelines(
            ResourceKey key, StoreImage image, Predicate<PipelineSpec> wanted) {
        var keys = new ArrayList<ResourceKey>();
        for (var pipeline : image.all(Kind.PIPELINE, key.project(), PipelineSpec.class)) {
            if (wanted.test(pipeline.spec())) {
                keys.add(pipeline.key());
            }
        }
        return keys;
    }
}
