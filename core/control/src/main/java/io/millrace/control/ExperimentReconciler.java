package io.millrace.control;

import io.millrace.api.Condition;
import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.Revision;
import io.millrace.api.TrainingRunSpec;
import io.millrace.spi.EventLog;
import io.millrace.spi.ModelHost;
import io.millrace.spi.StreamLog;
import io.millrace.spi.TrainingState.Phase;
import io.millrace.store.ResourceStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Makes the runs of experiments as soon as their samples are known. */
final class ExperimentReconciler implements Reconciler<ExperimentSpec> {
    private final ResourceStore store;
    private final EventLog events;
    private final Retraining retraining;
    private final RetrainSettling settling;
    private final ExperimentNumbers numbers = new ExperimentNumbers();

    ExperimentReconciler(
            ResourceStore store,
            StreamLog log,
            ModelHost models,
            TrainingPorts training,
            EventLog events) {
        this.store = store;
        this.events = events;
        this.settling =
                new RetrainSettling(
                        new RetrainedVersions(store, models, training.models()),
                        training.models(),
                        training.judge(),
                        events);
        this.retraining = new Retraining(store, log, training.models(), settling, events);
    }

    @Override
    public Kind kind() {
        return Kind.EXPERIMENT;
    }

    @Override
    public Observation reconcile(Request<ExperimentSpec> request) {
        var details = new LinkedHashMap<String, String>();
        keepMemory(request.resource(), details);
        if (!request.spec().isWaiting()) {
            return Observation.ready("Kept", "it neither waits for samples nor trains")
                    .withDetails(details);
        }
        // Only those that wait: senders write to number 1 unless somebody tells them another.
        long number = numbers.number(request.resource(), request.image());
        details.put(ExperimentNumbers.DETAIL, Long.toString(number));
        Optional<ResourceName> missing = missingDefinition(request);
        if (missing.isPresent()) {
            return Observation.notReady(
                            "UnknownModelDefinition",
                            "model definition '" + missing.get() + "' does not exist")
                    .withDetails(details);
        }
        Optional<ResourceName> chosen = chosen(request, number);
        if (chosen.isEmpty()) {
            return Observation.ready(
                            "WaitingForData",
                            "waits for samples of number %d: a sender says so, or 'dataset' names them"
                                    .formatted(number))
                    .withDetails(details);
        }
        return trainOn(request, chosen.get(), details);
    }

    /** On the dataset that was chosen, or on that of the round which has come of it. */
    private Observation trainOn(
            Request<ExperimentSpec> request, ResourceName base, Map<String, String> details) {
        var round = RetrainRound.last(request.resource(), base, request.image());
        boolean hasRounds = request.spec().retrain().isPresent() || round.number() > 0;
        if (hasRounds) {
            var memory = new RetrainMemory(details);
            memory.beganFrom(base.value());
            // A dataset that somebody removed does not lead back to the round before.
            long found = round.number();
            round = memory.round().filter(known -> known.number() > found).orElse(round);
            memory.isIn(round);
        }
        ResourceKey key = ResourceKey.of(Kind.DATASET, request.key().project(), round.dataset());
        var place = new Place(base, round);
        return request.image()
                .find(key, DatasetSpec.class)
                .map(dataset -> train(request, place, dataset, details))
                .orElseGet(() -> gone(request, place, details));
    }

    /**
     * Where its training stands.
     *
     * @param base the dataset that was chosen or announced
     * @param round that goes on, or was the last
     */
    private record Place(ResourceName base, RetrainRound round) {
        ResourceName dataset() {
            return round.dataset();
        }
    }

    private static void keepMemory(
            Resource<ExperimentSpec> experiment, Map<String, String> details) {
        Map<String, String> before = experiment.status().details();
        var memory =
                new ArrayList<>(
                        List.of(
                                ExperimentNumbers.DETAIL,
                                ExperimentRounds.DATASET,
                                ExperimentRounds.TRAINED));
        memory.addAll(RetrainMemory.KEPT);
        for (String kept : memory) {
            if (before.containsKey(kept)) {
                details.put(kept, before.get(kept));
            }
        }
    }

    private static Optional<ResourceName> missingDefinition(Request<ExperimentSpec> request) {
        return request.spec().definitions().stream()
                .filter(name -> request.image().find(definition(request.key(), name)).isEmpty())
                .findFirst();
    }

    private static ResourceKey definition(ResourceKey experiment, ResourceName name) {
        return ResourceKey.of(Kind.MODEL_DEFINITION, experiment.project(), name);
    }

    /** The status may not say the number yet. */
    private static Optional<ResourceName> chosen(Request<ExperimentSpec> request, long number) {
        Optional<ResourceName> known =
                ExperimentRounds.dataset(request.resource(), request.image());
        return known.isPresent()
                ? known
                : ExperimentRounds.announced(request.resource(), number, request.image());
    }

    /** After the last run on it, a dataset may be deleted; before the first it is a mistake. */
    private Observation gone(
            Request<ExperimentSpec> request, Place place, Map<String, String> details) {
        boolean wasThere = place.dataset().value().equals(details.get(ExperimentRounds.DATASET));
        return wasThere
                ? observe(request, place, List.of(), details)
                : Observation.notReady(
                                "UnknownDataset",
                                "dataset '" + place.dataset() + "' does not exist")
                        .withDetails(details);
    }

    private Observation train(
            Request<ExperimentSpec> request,
            Place place,
            Resource<DatasetSpec> dataset,
            Map<String, String> details) {
        List<Manifest<TrainingRunSpec>> missing =
                ExperimentRounds.missing(request.resource(), dataset, request.image());
        missing.forEach(this::make);
        if (!missing.isEmpty()) {
            events.record(
                    request.key(),
                    EventLog.Severity.NORMAL,
                    "RunsMade",
                    "on dataset %s: %s"
                            .formatted(
                                    dataset.key().name(),
                                    missing.stream()
                                            .map(run -> run.key().name().value())
                                            .collect(Collectors.joining(", "))));
        }
        details.put(ExperimentRounds.DATASET, dataset.key().name().value());
        details.put(
                ExperimentRounds.TRAINED,
                request.spec().definitions().stream()
                        .distinct()
                        .map(ResourceName::value)
                        .collect(Collectors.joining(", ")));
        return observe(request, place, missing, details);
    }

    private void make(Manifest<TrainingRunSpec> run) {
        try {
            store.put(run, Optional.of(Revision.NONE));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
            // The image was older than the store: the next look sees which one that is.
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, run.key() + " was made by somebody else", e);
        }
    }

    private Observation observe(
            Request<ExperimentSpec> request,
            Place place,
            List<Manifest<TrainingRunSpec>> made,
            Map<String, String> details) {
        List<Resource<TrainingRunSpec>> runs =
                ExperimentRounds.runs(request.resource(), request.image()).stream()
                        .filter(run -> run.spec().dataset().equals(place.dataset()))
                        .toList();
        runs.forEach(
                run -> details.put("run " + run.key().name(), RunPhase.word(RunPhase.of(run))));
        made.forEach(run -> details.put("run " + run.key().name(), RunPhase.word(Phase.QUEUED)));
        int all = runs.size() + made.size();
        long ended = runs.stream().filter(run -> RunPhase.of(run).isEnd()).count();
        if (ended == all && all > 0 && request.spec().retrain().isPresent()) {
            return retraining.goOn(request, place.base(), place.round(), runs, details);
        }
        List<Resource<TrainingRunSpec>> failed =
                runs.stream().filter(run -> RunPhase.of(run) == Phase.FAILED).toList();
        Observation seen;
        if (ended < all) {
            seen =
                    Observation.notReady(
                            "Training", "%d of %d runs have ended".formatted(ended, all));
        } else if (failed.isEmpty()) {
            seen =
                    Observation.ready(
                            "Finished",
                            all == 1 ? "its run has ended" : "all " + all + " runs have ended");
        } else {
            seen = Observation.notReady("RunsFailed", reasons(failed));
        }
        return seen.withDetails(details);
    }

    private static String reasons(List<Resource<TrainingRunSpec>> failed) {
        return failed.stream()
                .map(run ->
                        run.key().name()
                                + ": "
                                + run.status()
                                        .condition(Condition.READY)
                                        .map(Condition::message)
                                        .orElse(""))
                .collect(Collectors.joining("; "));
    }

    @Override
    public void remove(ResourceKey key) {
        numbers.remove(key);
        settling.remove(key);
    }
}
