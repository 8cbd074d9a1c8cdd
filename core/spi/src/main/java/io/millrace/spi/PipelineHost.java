package io.millrace.spi;

import io.millrace.api.ResourceKey;
import java.util.Optional;

/** The port through which control says which pipelines shall run. */
public interface PipelineHost {

    /**
     * Makes a pipeline run as planned; returns at once and works in the background. A changed set
     * of topics is taken over without a restart; any other change replaces the tasks after they
     * have finished what they were at. Calling it again with the same plan does nothing.
     *
     * @param changed called, on any thread, whenever {@link #observe} would say something new
     */
    void deploy(PipelinePlan plan, Runnable changed);

    /** How a pipeline does; empty when it is not deployed. */
    Optional<PipelineState> observe(ResourceKey pipeline);

    /** Stops a pipeline: what was polled is finished and committed first. */
    void remove(ResourceKey pipeline, boolean forgetPosition);
}
