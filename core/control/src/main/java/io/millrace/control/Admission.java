package io.millrace.control;

import io.millrace.api.CategorySpec;
import io.millrace.api.DataSourceSpec;
import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.FunctionSpec;
import io.millrace.api.HeldBackMetric;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.RetrainSpec;
import io.millrace.api.TopicFilter;
import io.millrace.api.TopicPattern;
import io.millrace.api.TrainingRunSpec;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What may be written: rules that need more than one resource to be seen. Pure. A reference to
 * something that is not there yet is admitted, since files may be applied in any order; the
 * reconciler says in the status what it waits for.
 */
public final class Admission {
    /** How many users of a resource a message names. */
    private static final int NAMED = 5;

    private Admission() {}

    /**
     * Checks manifests that are to be written together.
     *
     * @return everything that is wrong, in the order of the manifests; empty when all may be
     *     written
     */
    public static List<Refusal> check(
            StoreImage image, Collection<? extends Manifest<?>> manifests) {
        StoreImage after = new PlannedImage(image, manifests);
        var refusals = new ArrayList<Refusal>();
        for (Manifest<?> manifest : manifests) {
            projectExists(manifest, after).ifPresent(refusals::add);
            switch (manifest.spec()) {
                case CategorySpec category ->
                        keepsValuesInUse(manifest.key(), category, after).ifPresent(refusals::add);
                case ModelSpec model -> {
                    keepsContents(manifest.key(), model, image).ifPresent(refusals::add);
                    refusals.addAll(keepsVersionsInUse(manifest.key(), model, image, after));
                }
                case DataSourceSpec source ->
                        refusals.addAll(topicsOfOthers(manifest.key(), source, after));
                case TrainingRunSpec run ->
                        keepsTraining(manifest.key(), run, image).ifPresent(refusals::add);
                case ExperimentSpec experiment ->
                        refusals.addAll(canTrainAgain(manifest.key(), experiment));
                case ProjectSpec _,
                        FunctionSpec _,
                        InferenceGraphSpec _,
                        PipelineSpec _,
                        ModelDefinitionSpec _,
                        DatasetSpec _ -> {
                    // Nothing beside what concerns every kind.
                }
            }
        }
        refusals.addAll(Cycles.madeBy(manifests, after));
        return refusals;
    }

    /** Checks a deletion: what others use stays. */
    public static Optional<Refusal> checkDelete(StoreImage image, ResourceKey key) {
        List<ResourceKey> users = Dependents.users(key, image);
        if (users.isEmpty()) {
            return Optional.empty();
        }
        String message =
                switch (key.kind()) {
                    case PROJECT -> key.label() + " is not empty; it holds " + names(users);
                    default -> key.label() + " is used by " + names(users);
                };
        return Optional.of(
                new Refusal(key, ErrorCode.CONFLICT, "", message + "; delete that first"));
    }

    /** A topic belongs to one data source, else chance decides where a message goes. */
    private static List<Refusal> topicsOfOthers(
            ResourceKey key, DataSourceSpec source, StoreImage after) {
        var refusals = new ArrayList<Refusal>();
        if (!(source.connection() instanceof DataSourceSpec.EmbeddedMqtt)) {
            return refusals;
        }
        for (int i = 0; i < source.fields().size(); i++) {
            String topic = source.fields().get(i).topic();
            String pointer = "/spec/fields/" + i + "/topic";
            ownerOf(topic, key, after)
                    .map(owner ->
                            new Refusal(
                                    key,
                                    ErrorCode.CONFLICT,
                                    pointer,
                                    "topic '%s' overlaps %s; a topic belongs to one data source"
                                            .formatted(topic, owner)))
                    .ifPresent(refusals::add);
        }
        return refusals;
    }

    private static Optional<String> ownerOf(String topic, ResourceKey key, StoreImage after) {
        for (var other : after.all(Kind.DATA_SOURCE, key.project(), DataSourceSpec.class)) {
            if (other.key().equals(key)
                    || !(other.spec().connection() instanceof DataSourceSpec.EmbeddedMqtt)) {
                continue;
            }
            for (DataSourceSpec.Field field : other.spec().fields()) {
                if (TopicFilter.overlap(filter(topic), filter(field.topic()))) {
                    return Optional.of(
                            "topic '%s' of data source '%s'"
                                    .formatted(field.topic(), other.key().name()));
                }
            }
        }
        return Optional.empty();
    }

    /** As MQTT knows it; what was stored when less was refused stays as it is. */
    private static String filter(String pattern) {
        return TopicPattern.problem(pattern).isPresent()
                ? pattern
                : TopicPattern.parse(pattern).filter();
    }

    private static Optional<Refusal> projectExists(Manifest<?> manifest, StoreImage after) {
        ResourceKey key = manifest.key();
        if (!key.kind().isInProject()
                || after.find(ResourceKey.ofProject(key.project())).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(
                new Refusal(
                        key,
                        ErrorCode.INVALID,
                        "/metadata/project",
                        "project '"
                                + key.project()
                                + "' does not exist; create it first or in the same file"));
    }

    private static Optional<Refusal> keepsValuesInUse(
            ResourceKey key, CategorySpec category, StoreImage after) {
        if (after.find(key).filter(r -> r.metadata().generation() > 0).isEmpty()) {
            // New: whoever names it already waits for it and sees in its status what is missing.
            return Optional.empty();
        }
        List<ResourceKey> users = Dependents.usersOfLostValues(key.name(), category, after);
        if (users.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new Refusal(
                        key,
                        ErrorCode.CONFLICT,
                        "/spec/values",
                        "other values of " + key.label() + " are used by " + names(users)));
    }

    /** What a run was told when it began is what its result means. */
    private static Optional<Refusal> keepsTraining(
            ResourceKey key, TrainingRunSpec next, StoreImage before) {
        Optional<TrainingRunSpec> old = before.find(key, TrainingRunSpec.class).map(Resource::spec);
        if (old.isEmpty() || old.get().equals(next) || old.get().stopped().equals(next)) {
            return Optional.empty();
        }
        boolean goesOn = old.get().equals(next.stopped());
        return Optional.of(
                new Refusal(
                        key,
                        ErrorCode.CONFLICT,
                        goesOn ? "/spec/stopped" : "/spec",
                        goesOn
                                ? "a run that was stopped does not go on; make a new one"
                                : "a run cannot be changed, only stopped; make a new one"));
    }

    /** What a rule for training again must say so that it can be followed. */
    private static List<Refusal> canTrainAgain(ResourceKey key, ExperimentSpec experiment) {
        var refusals = new ArrayList<Refusal>();
        if (experiment.retrain().isEmpty()) {
            return refusals;
        }
        RetrainSpec retrain = experiment.retrain().get();
        if (HeldBackMetric.find(retrain.metric()).isEmpty()) {
            refusals.add(
                    invalid(
                            key,
                            "metric",
                            "versions cannot be compared by '%s'; expected one of %s"
                                    .formatted(retrain.metric(), HeldBackMetric.known())));
        }
        if (retrain.every().orElse(1) < 1) {
            refusals.add(invalid(key, "every", "expected 1 or more records"));
        }
        if (retrain.window().orElse(1) < 1) {
            refusals.add(invalid(key, "window", "expected 1 or more records"));
        } else if (retrain.window().orElse(Long.MAX_VALUE) < retrain.every().orElse(0)) {
            refusals.add(
                    invalid(
                            key,
                            "window",
                            "%d records are fewer than %d, after which it trains again: some would never be trained on"
                                    .formatted(
                                            retrain.window().getAsLong(),
                                            retrain.every().getAsLong())));
        }
        if (experiment.online().isPresent()) {
            refusals.add(
                    new Refusal(
                            key,
                            ErrorCode.INVALID,
                            "/spec/retrain",
                            "an experiment learns from a live stream as it comes ('online') or trains again ('retrain'), not both"));
        }
        return refusals;
    }

    private static Refusal invalid(ResourceKey key, String field, String message) {
        return new Refusal(key, ErrorCode.INVALID, "/spec/retrain/" + field, message);
    }

    /** The content of a version never changes: what was answered with it can be repeated. */
    private static Optional<Refusal> keepsContents(
            ResourceKey key, ModelSpec next, StoreImage before) {
        return before.find(key, ModelSpec.class)
                .flatMap(model -> changedVersion(model.spec(), next))
                .map(index ->
                        new Refusal(
                                key,
                                ErrorCode.CONFLICT,
                                "/spec/versions/" + index + "/uri",
                                "version %d has another content already; give the new"
                                                .formatted(next.versions().get(index).version())
                                        + " content a new version number"));
    }

    /** A version that a pipeline names stays; one that was rejected never served it. */
    private static List<Refusal> keepsVersionsInUse(
            ResourceKey key, ModelSpec next, StoreImage before, StoreImage after) {
        var refusals = new ArrayList<Refusal>();
        before.find(key, ModelSpec.class)
                .ifPresent(model -> {
                    for (ModelSpec.Version version : model.spec().versions()) {
                        int number = version.version();
                        if (next.version(number).isPresent() || isRejected(model, number)) {
                            continue;
                        }
                        List<ResourceKey> users = Dependents.usersOfVersion(key, number, after);
                        if (!users.isEmpty()) {
                            refusals.add(
                                    new Refusal(
                                            key,
                                            ErrorCode.CONFLICT,
                                            "/spec/versions",
                                            "version %d of %s is used by %s"
                                                    .formatted(number, key.label(), names(users))));
                        }
                    }
                });
        return refusals;
    }

    private static boolean isRejected(Resource<ModelSpec> model, int number) {
        return model.status().versions().stream()
                .anyMatch(v ->
                        v.version() == number && v.state() == ModelVersionStatus.State.REJECTED);
    }

    private static Optional<Integer> changedVersion(ModelSpec before, ModelSpec next) {
        for (int i = 0; i < next.versions().size(); i++) {
            ModelSpec.Version version = next.versions().get(i);
            boolean isChanged =
                    before.version(version.version())
                            .filter(old -> !old.uri().equals(version.uri()))
                            .isPresent();
            if (isChanged) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    private static String names(List<ResourceKey> keys) {
        String first =
                keys.stream()
                        .limit(NAMED)
                        .map(ResourceKey::toString)
                        .collect(Collectors.joining(", "));
        return keys.size() <= NAMED ? first : first + " and " + (keys.size() - NAMED) + " more";
    }
}
