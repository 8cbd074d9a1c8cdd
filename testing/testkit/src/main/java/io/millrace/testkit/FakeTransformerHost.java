package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TransformerSpec;
import io.millrace.spi.TransformerHost;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A host of transformers whose processes come up when a test says so. */
public final class FakeTransformerHost implements TransformerHost {

    private final Map<ResourceKey, State> states = new ConcurrentHashMap<>();
    private final Map<ResourceKey, FunctionSpec> functions = new ConcurrentHashMap<>();
    private final Map<ResourceKey, Runnable> listeners = new ConcurrentHashMap<>();
    private volatile String refusal = "";

    @Override
    public void deploy(
            ResourceKey model, TransformerSpec spec, FunctionSpec function, Runnable changed) {
        if (!refusal.isEmpty()) {
            throw new MillraceException(ErrorCode.INVALID, refusal);
        }
        functions.put(model, function);
        listeners.put(model, changed);
        states.compute(
                model,
                (_, known) ->
                        known == null || known.workers() == 0
                                ? new State(0, spec.workers(), "being loaded")
                                : known);
    }

    @Override
    public void block(ResourceKey model, String why) {
        functions.remove(model);
        states.put(model, new State(0, 0, why));
    }

    @Override
    public Optional<State> state(ResourceKey model) {
        return Optional.ofNullable(states.get(model));
    }

    @Override
    public void remove(ResourceKey model) {
        functions.remove(model);
        states.remove(model);
    }

    /** Has so many processes of a model's transformer be up. */
    public void run(ResourceKey model, int running, int workers, String message) {
        states.put(model, new State(running, workers, message));
        Runnable listener = listeners.get(model);
        if (listener != null) {
            listener.run();
        }
    }

    /** Refuses what is deployed from now on; empty for not. */
    public void refuse(String why) {
        refusal = why;
    }

    /** The code that a model's requests go through; empty when there is none. */
    public Optional<FunctionSpec> function(ResourceKey model) {
        return Optional.ofNullable(functions.get(model));
    }
}
