package io.millrace.testkit;

import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.DefinitionState;
import io.millrace.spi.TrainingHost;
import io.millrace.spi.TrainingPlan;
import io.millrace.spi.TrainingState;
import io.millrace.spi.TrainingState.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Trains nothing; a test says how checks and runs go. Keeps the first plan of each run. */
public final class FakeTrainingHost implements TrainingHost {

    private record Run(TrainingPlan plan, Runnable changed) {}

    private final Map<ResourceKey, Runnable> checks = new ConcurrentHashMap<>();
    private final Map<ResourceKey, DefinitionState> definitions = new ConcurrentHashMap<>();
    private final Map<ResourceKey, Run> runs = new ConcurrentHashMap<>();
    private final Map<ResourceKey, TrainingState> states = new ConcurrentHashMap<>();
    private final List<ResourceKey> removed = new CopyOnWriteArrayList<>();

    @Override
    public void check(ResourceKey definition, ModelDefinitionSpec spec, Runnable changed) {
        checks.put(definition, changed);
    }

    @Override
    public Optional<DefinitionState> definition(ResourceKey definition) {
        return Optional.ofNullable(definitions.get(definition));
    }

    @Override
    public void forget(ResourceKey definition) {
        checks.remove(definition);
        definitions.remove(definition);
    }

    @Override
    public void train(TrainingPlan plan, Runnable changed) {
        runs.putIfAbsent(plan.run(), new Run(plan, changed));
        TrainingState state = states.get(plan.run());
        if (plan.spec().isStopped() && (state == null || !state.phase().isEnd())) {
            states.put(plan.run(), state(Phase.STOPPED, 0, 0, Map.of(), "it was stopped"));
        }
    }

    @Override
    public Optional<TrainingState> observe(ResourceKey run) {
        return Optional.ofNullable(states.get(run));
    }

    @Override
    public void remove(ResourceKey run) {
        runs.remove(run);
        states.remove(run);
        removed.add(run);
    }

    @Override
    public void close() {}

    /** What became of a definition; tells who waits for that. */
    public void decide(ResourceKey definition, DefinitionState state) {
        definitions.put(definition, state);
        Runnable changed = checks.get(definition);
        if (changed != null) {
            changed.run();
        }
    }

    /** The first plan of a run. */
    public Optional<TrainingPlan> plan(ResourceKey run) {
        return Optional.ofNullable(runs.get(run)).map(Run::plan);
    }

    /** How a run does; tells who waits for that. */
    public void become(ResourceKey run, TrainingState state) {
        states.put(run, state);
        Run known = runs.get(run);
        if (known != null) {
            known.changed().run();
        }
    }

    /** A run that is in a phase, with a reason when it failed. */
    public void become(ResourceKey run, Phase phase, String message) {
        become(run, state(phase, 0, 0, Map.of(), message));
    }

    /** A state of a run. */
    public static TrainingState state(
            Phase phase, int epoch, int epochs, Map<String, Double> metrics, String message) {
        return new TrainingState(
                phase,
                phase == Phase.FAILED ? "TrainerKilled" : "",
                message,
                epoch,
                epochs,
                metrics,
                Duration.ofSeconds(epoch));
    }

    /** What was removed, in order. */
    public List<ResourceKey> removed() {
        return List.copyOf(removed);
    }
}
