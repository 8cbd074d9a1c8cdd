package io.millrace.spi;

import io.millrace.api.FunctionSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TransformerSpec;
import java.util.Optional;

/** The port through which control says which models have transformers. */
public interface TransformerHost {

    /**
     * Has requests for a model go through a transformer from now on, or changes it: requests under
     * way go on as they began. Its processes start in the background. Calling it again with the
     * same arguments does nothing.
     *
     * @param changed called, on any thread, whenever {@link #state} would say something new
     */
    void deploy(ResourceKey model, TransformerSpec spec, FunctionSpec function, Runnable changed);

    /**
     * Refuses requests for a model: it has a transformer that cannot run.
     *
     * @param why for people
     */
    void block(ResourceKey model, String why);

    /** How a model's transformer stands; empty when it has none. */
    Optional<State> state(ResourceKey model);

    /** Has requests go to the model as they are. Nothing happens when it has no transformer. */
    void remove(ResourceKey model);

    /**
     * How a transformer stands.
     *
     * @param running how many of its processes take requests
     * @param workers how many there are to be
     * @param message why not all run; empty when they do
     */
    record State(int running, int workers, String message) {}

    /** Where no transformers run. */
    static TransformerHost none() {
        return new NoTransformers();
    }
}
