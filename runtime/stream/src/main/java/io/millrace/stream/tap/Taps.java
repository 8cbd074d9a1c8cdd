package io.millrace.stream.tap;

import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.spi.PipelineTaps;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.LongConsumer;

/** The taps of all pipelines, also of those that do not run yet. */
public final class Taps implements PipelineTaps {

    private final TimeSource time;

    /** Where it is counted what of a pipeline was not seen for what reason. */
    private final BiFunction<ResourceKey, String, LongConsumer> missed;

    private final Map<ResourceKey, PipelineTap> pipelines = new ConcurrentHashMap<>();

    /**
     * Nobody looks yet.
     *
     * @param meters counts what those who look did not see
     */
    public Taps(TimeSource time, Meters meters) {
        this.time = time;
        this.missed =
                (pipeline, reason) ->
                        meters.count(
                                        "millrace_pipeline_tap_missed_total",
                                        "Records that somebody who looked did not see",
                                        "project",
                                        pipeline.project().value(),
                                        "pipeline",
                                        pipeline.name().value(),
                                        "reason",
                                        reason)
                                ::add;
    }

    /** What the tasks of a pipeline show their records to: one for all its versions. */
    public PipelineTap of(ResourceKey pipeline) {
        return pipelines.computeIfAbsent(pipeline, _ -> new PipelineTap());
    }

    @Override
    public Tap open(ResourceKey pipeline, Sampling sampling) {
        PipelineTap tap = of(pipeline);
        var viewer =
                new Viewer(
                        sampling,
                        time,
                        tap::remove,
                        missed.apply(pipeline, "sampled"),
                        missed.apply(pipeline, "behind"));
        tap.add(viewer);
        return viewer;
    }
}
