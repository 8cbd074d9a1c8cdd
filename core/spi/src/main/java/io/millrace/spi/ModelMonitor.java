package io.millrace.spi;

import io.millrace.api.ModelSpec;
import io.millrace.api.ResourceKey;
import java.util.Optional;

/** The port through which control says which models shall be watched, and asks what was seen. */
public interface ModelMonitor {

    /**
     * Watches a model as its spec says, or no longer when it says nothing. Returns at once; calling
     * it again with the same spec does nothing.
     *
     * @param changed called, on any thread, whenever the state of a version in {@link #report}
     *     changed
     */
    void watch(ResourceKey model, ModelSpec spec, Runnable changed);

    /** What was seen of a model; empty when it is not watched. */
    Optional<DriftReport> report(ResourceKey model);

    /** Forgets a model and all that was seen of it. */
    void remove(ResourceKey model);

    /** Watches nothing. */
    static ModelMonitor none() {
        return new ModelMonitor() {
            @Override
            public void watch(ResourceKey model, ModelSpec spec, Runnable changed) {}

            @Override
            public Optional<DriftReport> report(ResourceKey model) {
                return Optional.empty();
            }

            @Override
            public void remove(ResourceKey model) {}
        };
    }
}
