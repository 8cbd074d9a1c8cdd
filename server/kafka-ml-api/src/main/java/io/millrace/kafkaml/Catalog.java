package io.millrace.kafkaml;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.TrainingRunSpec;
import io.millrace.control.Admission;
import io.millrace.control.Refusal;
import io.millrace.kafkaml.Ledger.Series;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/** Resources by the names and numbers that Kafka-ML's clients know. */
final class Catalog {

    /** Says that an experiment is a deployment, and of which configuration. */
    static final String CONFIGURATION = "kafka-ml.millrace.io/configuration";

    /** What the client said when it deployed, to be shown as it was. */
    static final String REQUEST = "kafka-ml.millrace.io/request";

    static final String DESCRIPTION = "kafka-ml.millrace.io/description";

    private static final String NUMBER = "number";
    private static final int MAX_SLUG = 100;

    private final ResourceStore store;
    private final ProjectId project;
    private final Ledger ledger;
    private final ReentrantLock writing = new ReentrantLock();

    Catalog(ResourceStore store, ProjectId project, Ledger ledger) {
        this.store = store;
        this.project = project;
        this.ledger = ledger;
    }

    StoreImage image() {
        return store.image();
    }

    /** A result: what becomes of one definition in one deployment. */
    record Result(
            Resource<ExperimentSpec> deployment,
            Resource<ModelDefinitionSpec> definition,
            Optional<Resource<TrainingRunSpec>> run) {

        String uid() {
            return deployment.metadata().uid() + "/" + definition.key().name();
        }
    }

    int id(Resource<?> resource) {
        return ledger.id(
                switch (resource.key().kind()) {
                    case MODEL_DEFINITION -> Series.MODEL;
                    case EXPERIMENT -> Series.CONFIGURATION;
                    default -> Series.DATASOURCE;
                },
                resource.metadata().uid());
    }

    int id(Result result) {
        return ledger.id(Series.RESULT, result.uid());
    }

    /** As people know it. */
    static String shownName(Resource<?> resource) {
        String title = resource.metadata().title();
        return title.isEmpty() ? resource.key().name().value() : title;
    }

    List<Resource<ModelDefinitionSpec>> definitions() {
        return oldestFirst(
                store.image().all(Kind.MODEL_DEFINITION, project, ModelDefinitionSpec.class));
    }

    Resource<ModelDefinitionSpec> definition(int id) {
        return byId(definitions(), id, "model");
    }

    List<Resource<ExperimentSpec>> configurations() {
        return oldestFirst(experiments()).reversed().stream()
                .filter(e -> !e.spec().isWaiting() && !isDeployment(e))
                .toList();
    }

    Resource<ExperimentSpec> configuration(int id) {
        return byId(configurations(), id, "configuration");
    }

    /** Newest first; those that have no number yet are left out. */
    List<Resource<ExperimentSpec>> deployments() {
        return oldestFirst(experiments()).reversed().stream()
                .filter(e -> isDeployment(e) && number(e).isPresent())
                .toList();
    }

    List<Resource<ExperimentSpec>> deploymentsOf(Resource<ExperimentSpec> configuration) {
        String uid = configuration.metadata().uid();
        return deployments().stream()
                .filter(d -> uid.equals(d.metadata().labels().get(CONFIGURATION)))
                .toList();
    }

    Resource<ExperimentSpec> deployment(long number) {
        return deployments().stream()
                .filter(d -> number(d).orElse(-1) == number)
                .findFirst()
                .orElseThrow(() -> unknown("deployment", number));
    }

    static boolean isDeployment(Resource<?> experiment) {
        return experiment.metadata().labels().containsKey(CONFIGURATION);
    }

    /** The number of an experiment, by which senders know it. */
    static OptionalLong number(Resource<?> experiment) {
        String number = experiment.status().details().get(NUMBER);
        return number == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(number));
    }

    /** Results of a deployment, those that were deleted left out. */
    List<Result> results(Resource<ExperimentSpec> deployment) {
        StoreImage image = store.image();
        return deployment.spec().definitions().stream()
                .distinct()
                .flatMap(name ->
                        image
                                .find(
                                        ResourceKey.of(Kind.MODEL_DEFINITION, project, name),
                                        ModelDefinitionSpec.class)
                                .map(definition ->
                                        new Result(
                                                deployment,
                                                definition,
                                                run(deployment, name, image)))
                                .stream())
                .filter(result -> !ledger.isDeleted(result.uid()))
                .toList();
    }

    /** All results, newest first. */
    List<Result> results() {
        return deployments().stream().flatMap(d -> results(d).reversed().stream()).toList();
    }

    Result result(int id) {
        return results().stream()
                .filter(result -> id(result) == id)
                .findFirst()
                .orElseThrow(() -> unknown("result", id));
    }

    void deleteResult(Result result) {
        result.run().ifPresent(run -> delete(run.key()));
        ledger.delete(result.uid());
    }

    /** Of several rounds the last one. */
    private Optional<Resource<TrainingRunSpec>> run(
            Resource<ExperimentSpec> deployment, ResourceName definition, StoreImage image) {
        return image.all(Kind.TRAINING_RUN, project, TrainingRunSpec.class).stream()
                .filter(run ->
                        run.spec().definition().equals(definition)
                                && run.spec()
                                        .experiment()
                                        .equals(Optional.of(deployment.key().name())))
                .filter(run ->
                        !run.metadata().createdAt().isBefore(deployment.metadata().createdAt()))
                .max(Comparator.comparing(run -> run.metadata().revision()));
    }

    List<Resource<DatasetSpec>> datasets() {
        return oldestFirst(store.image().all(Kind.DATASET, project, DatasetSpec.class)).reversed();
    }

    /** A name for a new resource: the text of people as far as names allow it. */
    ResourceKey freshKey(Kind kind, String text) {
        String slug = text.replaceAll("[^A-Za-z0-9_.-]+", "-").replaceAll("^[^A-Za-z0-9]+", "");
        String base =
                slug.isEmpty() ? "unnamed" : slug.substring(0, Math.min(slug.length(), MAX_SLUG));
        ResourceKey key = ResourceKey.of(kind, project, base);
        for (int i = 2; store.image().find(key).isPresent(); i++) {
            key = ResourceKey.of(kind, project, base + "-" + i);
        }
        return key;
    }

    /** Refuses a name that another resource has already. */
    void requireFreeName(List<? extends Resource<?>> others, String name, String what) {
        if (others.stream().anyMatch(other -> shownName(other).equals(name))) {
            throw MillraceException.invalid(
                    "Information not valid: a %s with the name \"%s\" exists"
                            .formatted(what, name));
        }
    }

    /** Writes what a client wants. */
    <S extends Spec> Resource<S> put(Manifest<S> manifest, boolean isNew) {
        return put(manifest, isNew ? Optional.of(Revision.NONE) : Optional.empty());
    }

    /**
     * Writes what a client wants.
     *
     * @param expected the revision it was made of; empty when any will do
     */
    <S extends Spec> Resource<S> put(Manifest<S> manifest, Optional<Revision> expected) {
        writing.lock();
        try {
            List<Refusal> refusals = Admission.check(store.image(), List.of(manifest));
            if (!refusals.isEmpty()) {
                throw MillraceException.invalid(refusals.getFirst().message());
            }
            return store.put(manifest, expected);
        } finally {
            writing.unlock();
        }
    }

    /** Removes what nobody uses. */
    void delete(ResourceKey key) {
        writing.lock();
        try {
            Optional<Refusal> refusal = Admission.checkDelete(store.image(), key);
            if (refusal.isPresent()) {
                throw MillraceException.invalid(refusal.get().message());
            }
            store.delete(key, Optional.empty());
        } finally {
            writing.unlock();
        }
    }

    ProjectId project() {
        return project;
    }

    private List<Resource<ExperimentSpec>> experiments() {
        return store.image().all(Kind.EXPERIMENT, project, ExperimentSpec.class);
    }

    private static <S extends Spec> List<Resource<S>> oldestFirst(List<Resource<S>> all) {
        Comparator<Resource<S>> byAge =
                Comparator.comparing(resource -> resource.metadata().createdAt());
        return all.stream().sorted(byAge.thenComparing(Resource::key)).toList();
    }

    private <S extends Spec> Resource<S> byId(List<Resource<S>> all, int id, String what) {
        return all.stream()
                .filter(resource -> id(resource) == id)
                .findFirst()
                .orElseThrow(() -> unknown(what, id));
    }

    static MillraceException unknown(String what, long id) {
        return MillraceException.invalid("there is no %s %d".formatted(what, id));
    }
}
