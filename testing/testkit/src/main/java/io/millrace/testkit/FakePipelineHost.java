package io.millrace.testkit;

import io.millrace.api.ResourceKey;
import io.millrace.spi.PipelineHost;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A pipeline host that runs nothing and remembers what it was told. */
public final class FakePipelineHost implements PipelineHost {
    private final Map<ResourceKey, Deployed> pipelines = new ConcurrentHashMap<>();
    private final List<PipelinePlan> deployments = new CopyOnWriteArrayList<>();
    private final List<Removal> removals = new CopyOnWriteArrayList<>();

    /** A call of {@link #remove}. */
    public record Removal(ResourceKey pipeline, boolean forgetPosition) {}

    @Override
    public void deploy(PipelinePlan plan, Runnable changed) {
        Deployed before = pipelines.get(plan.pipeline());
        if (before != null && before.plan().equals(plan)) {
            return;
        }
        deployments.add(plan);
        PipelineState state = new PipelineState.Starting("tasks are starting");
        pipelines.put(plan.pipeline(), new Deployed(plan, changed, state));
    }

    @Override
    public Optional<PipelineState> observe(ResourceKey pipeline) {
        return Optional.ofNullable(pipelines.get(pipeline)).map(Deployed::state);
    }

    @Override
    public void remove(ResourceKey pipeline, boolean forgetPosition) {
        pipelines.remove(pipeline);
        removals.add(new Removal(pipeline, forgetPosition));
    }

    /** Changes how a deployed pipeline does and tells who waits for that. */
    public void become(ResourceKey pipeline, PipelineState state) {
        Deployed now =
                pipelines.computeIfPresent(
                        pipeline,
                        (_, before) -> new Deployed(before.plan(), before.changed(), state));
        if (now != null) {
            now.changed().run();
        }
    }

    /** The plan by which a pipeline runs now. */
    public Optional<PipelinePlan> plan(ResourceKey pipeline) {
        return Optional.ofNullable(pipelines.get(pipeline)).map(Deployed::plan);
    }

    /** All plans that were new when they came, in order. */
    public List<PipelinePlan> deployments() {
        return List.copyOf(deployments);
    }

    /** All removals, in order. */
    public List<Removal> removals() {
        return List.copyOf(removals);
    }

    private record Deployed(PipelinePlan plan, Runnable changed, PipelineState state) {}
}
