package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.Kind;
import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrainingRunSpec;
import io.millrace.spi.EventLog;
import io.millrace.spi.TrainingHost;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingState;
import io.millrace.spi.TrainingState.Phase;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Has runs trained. */
final class TrainingRunReconciler implements Reconciler<TrainingRunSpec> {
    private final TrainingHost training;
    private final EventLog events;

    TrainingRunReconciler(TrainingHost training, EventLog events) {
        this.training = training;
        this.events = events;
    }

    @Override
    public Kind kind() {
        return Kind.TRAINING_RUN;
    }

    @Override
    public Observation reconcile(Request<TrainingRunSpec> request) {
        ResourceKey key = request.key();
        TrainingRunSpec spec = request.spec();
        var definition =
                request.image()
                        .find(
                                ResourceKey.of(
                                        Kind.MODEL_DEFINITION, key.project(), spec.definition()),
                                ModelDefinitionSpec.class);
        var dataset =
                request.image()
                        .find(
                                ResourceKey.of(Kind.DATASET, key.project(), spec.dataset()),
                                DatasetSpec.class);
        Map<String, String> details = details(spec);
        if (definition.isPresent() && dataset.isPresent()) {
            training.train(
                    plan(request.resource(), definition.get(), dataset.get()), request.changed());
        }
        Optional<TrainingState> state = training.observe(key);
        if (state.isPresent()) {
            return observe(request, state.get(), details);
        }
        RunPhase.write(Phase.QUEUED, details);
        Observation waits;
        if (definition.isEmpty()) {
            waits =
                    Observation.notReady(
                            "UnknownModelDefinition",
                            "model definition '" + spec.definition() + "' does not exist");
        } else if (dataset.isEmpty()) {
            waits =
                    Observation.notReady(
                            "UnknownDataset", "dataset '" + spec.dataset() + "' does not exist");
        } else {
            waits = Observation.notReady("Queued", "it waits to be taken up");
        }
        return waits.withDetails(details);
    }

    /** What the host was given first, it keeps: a definition may change while its runs go on. */
    private static TrainingPlan plan(
            Resource<TrainingRunSpec> run,
            Resource<ModelDefinitionSpec> definition,
            Resource<DatasetSpec> dataset) {
        return new TrainingPlan(
                run.key(),
                run.metadata().uid(),
                run.spec(),
                definition.spec(),
                definition.metadata().generation(),
                dataset.spec(),
                dataset.metadata().generation());
    }

    private Observation observe(
            Request<TrainingRunSpec> request, TrainingState state, Map<String, String> details) {
        Phase phase = state.phase();
        RunPhase.write(phase, details);
        if (state.epoch() > 0) {
            details.put(
                    "epoch",
                    state.epochs() > 0
                            ? state.epoch() + " of " + state.epochs()
                            : Integer.toString(state.epoch()));
        }
        state.metrics().forEach((name, value) -> details.put("metric " + name, number(value)));
        if (!state.elapsed().isZero()) {
            details.put("elapsed", state.elapsed().toSeconds() + "s");
        }
        if (phase == Phase.FAILED && !state.reason().isEmpty()) {
            details.put("fault", state.reason());
        }
        if (phase.isEnd() && RunPhase.of(request.resource()) != phase) {
            tell(request.key(), state);
        }
        String message = state.message();
        Observation seen =
                switch (phase) {
                    case QUEUED -> Observation.notReady("Queued", message);
                    case PREPARING -> Observation.notReady("Preparing", message);
                    case TRAINING -> Observation.notReady("Training", message);
                    case FINISHING -> Observation.notReady("Finishing", message);
                    case FINISHED -> Observation.ready("Finished", message);
                    case STOPPED -> Observation.notReady("Stopped", message);
                    case FAILED -> Observation.notReady("Failed", message);
                };
        return seen.withDetails(details);
    }

    private void tell(ResourceKey key, TrainingState state) {
        switch (state.phase()) {
            case FINISHED ->
                    events.record(
                            key,
                            EventLog.Severity.NORMAL,
                            "RunFinished",
                            "after %d s of training".formatted(state.elapsed().toSeconds()));
            case STOPPED ->
                    events.record(key, EventLog.Severity.NORMAL, "RunStopped", state.message());
            default -> events.record(key, EventLog.Severity.WARNING, "RunFailed", state.message());
        }
    }

    private static Map<String, String> details(TrainingRunSpec spec) {
        var details = new LinkedHashMap<String, String>();
        details.put("definition", spec.definition().value());
        details.put("dataset", spec.dataset().value());
        return details;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }

    @Override
    public void remove(ResourceKey key) {
        training.remove(key);
    }
}
