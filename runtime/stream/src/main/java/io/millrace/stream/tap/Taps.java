package io.millrace.stream.tap;

import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.PipelineTaps;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The taps of all pipelines, also of those that do not run yet. */
public final class Taps implements PipelineTaps {

    private final TimeSource time;
    private final Map<ResourceKey, PipelineTap> pipelines = new ConcurrentHashMap<>();

    public Taps(TimeSource time) {
        this.time = time;
    }

    /** What the tasks of a pipeline show their records to: one for all its versions. */
    public PipelineTap of(ResourceKey pipeline) {
        return pipelines.computeIfAbsent(pipeline, _ -> new PipelineTap());
    }

    @Override
    public Tap open(ResourceKey pipeline, Sampling sampling) {
        PipelineTap tap = of(pipeline);
        var viewer = new Viewer(sampling, time, tap::remove);
        tap.add(viewer);
        return viewer;
    }
}
