package io.millrace.spi;

import io.millrace.api.ModelDefinitionSpec;
import io.millrace.api.ResourceKey;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The port through which control says what shall be trained. Code of users runs in processes of its
 * own only.
 */
public interface TrainingHost extends AutoCloseable {

    /**
     * Builds the model of a definition once, to see whether it can be trained; returns at once and
     * works in the background. Calling it again with the same spec does nothing.
     *
     * @param changed called, on any thread, whenever {@link #definition} would say something new
     */
    void check(ResourceKey definition, ModelDefinitionSpec spec, Runnable changed);

    /** What became of the check; empty when there was none. */
    Optional<DefinitionState> definition(ResourceKey definition);

    /** Forgets a definition. */
    void forget(ResourceKey definition);

    /**
     * Makes a run happen: it waits for its turn, and goes on from its last checkpoint after a
     * fault. Returns at once. Calling it again for the same run does nothing, except that a plan
     * that says stop ends it.
     *
     * @param changed called, on any thread, whenever {@link #observe} would say something new; at
     *     most once a second while a run goes on
     */
    void train(TrainingPlan plan, Runnable changed);

    /** How a run does; also of one that ended before the last start. Empty when it is unknown. */
    Optional<TrainingState> observe(ResourceKey run);

    /** Ends a run that goes on, and removes all that it left. */
    void remove(ResourceKey run);

    /** Ends all trainers; what was trained since their last checkpoints is repeated next time. */
    @Override
    void close();

    /** Trains nothing, and says so. */
    static TrainingHost none() {
        return new TrainingHost() {
            private static final String WHY = "this server does not train models";

            @Override
            public void check(ResourceKey definition, ModelDefinitionSpec spec, Runnable changed) {}

            @Override
            public Optional<DefinitionState> definition(ResourceKey definition) {
                return Optional.of(new DefinitionState.Unknown(WHY));
            }

            @Override
            public void forget(ResourceKey definition) {}

            @Override
            public void train(TrainingPlan plan, Runnable changed) {}

            @Override
            public Optional<TrainingState> observe(ResourceKey run) {
                return Optional.of(
                        new TrainingState(
                                TrainingState.Phase.QUEUED,
                                "NoTraining",
                                WHY,
                                0,
                                0,
                                Map.of(),
                                Duration.ZERO));
            }

            @Override
            public void remove(ResourceKey run) {}

            @Override
            public void close() {}
        };
    }
}
