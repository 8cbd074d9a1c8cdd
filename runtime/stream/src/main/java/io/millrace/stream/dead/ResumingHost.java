package io.millrace.stream.dead;

import io.millrace.api.ResourceKey;
import io.millrace.spi.PipelineHost;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Has work on dead letters go on when its pipeline is there again. */
public final class ResumingHost implements PipelineHost {

    private final PipelineHost host;
    private final DeadLetterDesk desk;
    private final Set<ResourceKey> resumed = new HashSet<>();

    /** In front of the host that runs pipelines. */
    public ResumingHost(PipelineHost host, DeadLetterDesk desk) {
        this.host = host;
        this.desk = desk;
    }

    @Override
    public void deploy(PipelinePlan plan, Runnable changed) {
        host.deploy(plan, changed);
        boolean isNew;
        synchronized (this) {
            isNew = resumed.add(plan.pipeline());
        }
        if (isNew) {
            desk.resume(plan.pipeline());
        }
    }

    @Override
    public Optional<PipelineState> observe(ResourceKey pipeline) {
        return host.observe(pipeline);
    }

    @Override
    public void remove(ResourceKey pipeline, boolean forgetPosition) {
        host.remove(pipeline, forgetPosition);
        synchronized (this) {
            resumed.remove(pipeline);
        }
        if (forgetPosition) {
            desk.forget(pipeline);
        }
    }
}
