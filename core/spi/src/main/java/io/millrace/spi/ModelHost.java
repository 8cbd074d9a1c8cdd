package io.millrace.spi;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ResourceKey;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The port through which control says which models shall be served. The host probes each new
 * version in a process of its own before it loads it.
 */
public interface ModelHost {

    /**
     * Makes the host serve what the spec says; returns at once and works in the background. Calling
     * it again with the same spec does nothing.
     *
     * @param changed called, on any thread, whenever {@link #observe} would say something new
     */
    void serve(ResourceKey model, ModelSpec spec, Runnable changed);

    /** What became of each version of the spec; empty when the model is unknown. */
    List<ModelVersionStatus> observe(ResourceKey model);

    /**
     * The version that answers those who name none, canaries apart: the pinned one; else the one
     * with the alias {@code production}; else the highest that is ready. While the alias's version
     * cannot answer, or must not take over, another may. Empty when none answers.
     */
    OptionalInt serving(ResourceKey model);

    /**
     * Why the version that the spec wants does not answer although it is ready, such as a signature
     * that differs from the one in service; empty when all is as the spec says.
     */
    String remark(ResourceKey model);

    /** How calls were divided; empty when the model is unknown. */
    Optional<TrafficReport> traffic(ResourceKey model);

    /** Stops serving a model: what is under way is answered first. */
    void remove(ResourceKey model);
}
