package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Names;
import io.millrace.api.OnlineSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TrainingRunSpec;
import io.millrace.store.StoreImage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** On which dataset an experiment trains, and which of its runs are still to be made. Pure. */
final class ExperimentRounds {
    /** The dataset on which it trains. */
    static final String DATASET = "dataset";

    /** Of which definitions runs were made on that dataset: one that was deleted stays away. */
    static final String TRAINED = "trained";

    /** How long a live stream may be silent where an experiment says nothing of live streams. */
    private static final Duration IDLE = Duration.ofMinutes(1);

    private ExperimentRounds() {}

    /**
     * The dataset that was chosen or announced, from which rounds of training again begin; empty
     * while it waits for one.
     */
    static Optional<ResourceName> dataset(Resource<ExperimentSpec> experiment, StoreImage image) {
        if (experiment.spec().dataset().isPresent()) {
            return experiment.spec().dataset();
        }
        Map<String, String> details = experiment.status().details();
        String known = details.getOrDefault(RetrainMemory.BASE, details.get(DATASET));
        if (known != null) {
            return Optional.of(new ResourceName(known));
        }
        OptionalLong number = ExperimentNumbers.of(experiment);
        return number.isEmpty()
                ? Optional.empty()
                : announced(experiment, number.getAsLong(), image);
    }

    /** The first that was announced for a number since the experiment is there. */
    static Optional<ResourceName> announced(
            Resource<ExperimentSpec> experiment, long number, StoreImage image) {
        return image.all(Kind.DATASET, experiment.key().project(), DatasetSpec.class).stream()
                .filter(dataset ->
                        Announced.of(dataset)
                                .filter(said -> said.number() == number)
                                .filter(said ->
                                        said.isFor(
                                                experiment.metadata(),
                                                dataset.metadata().createdAt()))
                                .isPresent())
                .min(
                        Comparator.<Resource<DatasetSpec>, Instant>comparing(
                                        dataset -> dataset.metadata().createdAt())
                                .thenComparing(
                                        dataset -> Announced.of(dataset).orElseThrow().time())
                                .thenComparing(dataset -> dataset.key().name()))
                .map(dataset -> dataset.key().name());
    }

    /** The runs of this incarnation of an experiment, by name. */
    static List<Resource<TrainingRunSpec>> runs(
            Resource<ExperimentSpec> experiment, StoreImage image) {
        return image
                .all(Kind.TRAINING_RUN, experiment.key().project(), TrainingRunSpec.class)
                .stream()
                .filter(run ->
                        run.spec().experiment().filter(experiment.key().name()::equals).isPresent())
                .filter(run ->
                        !run.metadata().createdAt().isBefore(experiment.metadata().createdAt()))
                .toList();
    }

    /** The runs on a dataset that were never made. */
    static List<Manifest<TrainingRunSpec>> missing(
            Resource<ExperimentSpec> experiment, Resource<DatasetSpec> dataset, StoreImage image) {
        Set<ResourceName> made = made(experiment, dataset.key().name());
        runs(experiment, image).stream()
                .filter(run -> run.spec().dataset().equals(dataset.key().name()))
                .forEach(run -> made.add(run.spec().definition()));
        var missing = new ArrayList<Manifest<TrainingRunSpec>>();
        for (ResourceName definition : new ArrayList<>(experiment.spec().definitions())) {
            if (made.add(definition)) {
                missing.add(
                        new Manifest<>(
                                free(
                                        experiment.key(),
                                        definition,
                                        RetrainRound.number(dataset),
                                        image),
                                "",
                                RetrainRound.labelsOfRuns(dataset),
                                run(experiment, definition, dataset)));
            }
        }
        return missing;
    }

    private static TrainingRunSpec run(
            Resource<ExperimentSpec> experiment,
            ResourceName definition,
            Resource<DatasetSpec> dataset) {
        ExperimentSpec spec = experiment.spec();
        boolean isLive = Announced.of(dataset).filter(Announced::isLive).isPresent();
        Optional<OnlineSpec> online =
                spec.online().isEmpty() && isLive
                        ? Optional.of(
                                new OnlineSpec(Optional.of(IDLE), Optional.empty(), false, 0.05))
                        : spec.online();
        return new TrainingRunSpec(
                definition,
                dataset.key().name(),
                Optional.of(experiment.key().name()),
                spec.settings(),
                online,
                spec.semiSupervised(),
                false);
    }

    private static Set<ResourceName> made(
            Resource<ExperimentSpec> experiment, ResourceName dataset) {
        Map<String, String> details = experiment.status().details();
        var made = new HashSet<ResourceName>();
        if (dataset.value().equals(details.get(DATASET)) && details.containsKey(TRAINED)) {
            Arrays.stream(details.get(TRAINED).split(", ", -1))
                    .filter(name -> !name.isEmpty())
                    .map(ResourceName::new)
                    .forEach(made::add);
        }
        return made;
    }

    /** The first training has no number in its name; one of a round is not given again. */
    private static ResourceKey free(
            ResourceKey experiment, ResourceName definition, long round, StoreImage image) {
        String base = experiment.name() + "-" + definition;
        int most =
                Names.MAX_NAME_LENGTH - "-".length() - Integer.toString(Integer.MAX_VALUE).length();
        if (base.length() > most) {
            String rest = "-" + Integer.toHexString(base.hashCode());
            base = base.substring(0, most - rest.length()) + rest;
        }
        long number = round + 1;
        ResourceKey key = run(experiment, base, number);
        while (image.find(key).isPresent()) {
            key = run(experiment, base, ++number);
        }
        return key;
    }

    private static ResourceKey run(ResourceKey experiment, String base, long number) {
        return ResourceKey.of(
                Kind.TRAINING_RUN, experiment.project(), number == 1 ? base : base + "-" + number);
    }
}
