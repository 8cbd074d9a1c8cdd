package io.millrace.testkit;

import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.LogPosition;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.PipelineTraces;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Taps, traces and replays that say what a test tells them to. */
public final class FakePipelineInsight implements PipelineTaps, PipelineTraces, PipelineReplays {

    /** A report of a replay that found nothing. */
    public static final Report NOTHING =
            new Report(
                    Reference.KEPT,
                    "the topic t",
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    OptionalDouble.empty(),
                    List.of(),
                    0,
                    OptionalDouble.empty(),
                    List.of());

    private final List<FakeTap> taps = new CopyOnWriteArrayList<>();
    private final Map<LogPosition, Trace> traces = new ConcurrentHashMap<>();
    private final Map<String, Job> jobs = new ConcurrentHashMap<>();
    private volatile boolean wasTried;

    /** Those who look on now. */
    public List<Sampling> samplings() {
        return taps.stream().map(tap -> tap.sampling).toList();
    }

    /** Shows something to all who look on. */
    public void show(Event event) {
        taps.forEach(tap -> tap.events.add(event));
    }

    /** What is known of a record from now on. */
    public void know(Trace trace) {
        traces.put(LogPosition.of(trace.input()), trace);
    }

    /** Whether the last trace was to try the record. */
    public boolean wasTried() {
        return wasTried;
    }

    /** How a replay does from now on. */
    public void put(Job job) {
        jobs.put(job.id(), job);
    }

    @Override
    public Tap open(ResourceKey pipeline, Sampling sampling) {
        var tap = new FakeTap(sampling);
        taps.add(tap);
        return tap;
    }

    @Override
    public Trace trace(ResourceKey pipeline, LogPosition position, boolean isTried) {
        wasTried = isTried;
        Trace trace = traces.get(position);
        if (trace == null) {
            throw MillraceException.notFound("the log has no record " + position);
        }
        return trace;
    }

    @Override
    public Job start(ResourceKey pipeline, Request request) {
        var job =
                new Job(
                        "job-" + (jobs.size() + 1),
                        pipeline,
                        request,
                        PipelineReplays.State.RUNNING,
                        "starting",
                        0,
                        0,
                        Instant.EPOCH,
                        NOTHING);
        put(job);
        return job;
    }

    @Override
    public List<Job> of(ResourceKey pipeline) {
        return jobs.values().stream().filter(job -> job.pipeline().equals(pipeline)).toList();
    }

    @Override
    public Job job(ResourceKey pipeline, String id) {
        Job job = jobs.get(id);
        if (job == null || !job.pipeline().equals(pipeline)) {
            throw MillraceException.notFound("no replay " + id);
        }
        return job;
    }

    @Override
    public Job cancel(ResourceKey pipeline, String id) {
        Job job = job(pipeline, id);
        put(
                new Job(
                        id,
                        pipeline,
                        job.request(),
                        PipelineReplays.State.CANCELLED,
                        "cancelled",
                        job.done(),
                        job.total(),
                        job.startedAt(),
                        job.report()));
        return job(pipeline, id);
    }

    private final class FakeTap implements Tap {

        private final Sampling sampling;
        private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

        FakeTap(Sampling sampling) {
            this.sampling = sampling;
        }

        @Override
        public Optional<Event> next(Duration patience) throws InterruptedException {
            return Optional.ofNullable(events.poll(patience.toMillis(), TimeUnit.MILLISECONDS));
        }

        @Override
        public void close() {
            taps.remove(this);
        }
    }
}
