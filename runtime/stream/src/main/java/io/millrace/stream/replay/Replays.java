package io.millrace.stream.replay;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineReplays;
import io.millrace.stream.DryRun;
import io.millrace.stream.PipelineInsight;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The replays of all pipelines: each on a thread of its own, few at once. What has ended is
 * remembered until the next start, or until too many came after it.
 */
public final class Replays implements PipelineReplays, AutoCloseable {

    private static final int MAX_RUNNING = 2;
    private static final int MAX_REMEMBERED = 50;
    private static final long LONGEST_END_MILLIS = 5_000;

    private final PipelineInsight insight;
    private final IdSource ids;
    private final Consumer<ResourceKey> forget;
    private final List<Started> jobs = new ArrayList<>();
    private boolean isClosed;

    private record Started(ReplayRun run, Thread thread) {}

    /**
     * None yet.
     *
     * @param insight of the runtime that runs the pipelines
     * @param ids for their names
     * @param forget called with the key under which functions work for a replay, so that what they
     *     print there is not kept
     */
    public Replays(PipelineInsight insight, IdSource ids, Consumer<ResourceKey> forget) {
        this.insight = insight;
        this.ids = ids;
        this.forget = forget;
    }

    @Override
    public Job start(ResourceKey pipeline, Request request) {
        ReplayRun.check(request);
        PipelinePlan plan = insight.plan(pipeline);
        PipelinePlan changed = DryRun.withVersions(plan, request.models());
        request.models()
                .forEach((model, version) ->
                        insight.requireVersion(pipeline.project(), model, version));
        var run = new ReplayRun(insight, ids.next(), plan, changed, request);
        Thread thread =
                Thread.ofPlatform()
                        .daemon()
                        .name("replay of pipeline " + pipeline)
                        .unstarted(run::run);
        var started = new Started(run, thread);
        add(started);
        try {
            forget.accept(PipelineInsight.apart(pipeline));
            thread.start();
        } catch (Throwable e) {
            // It would count as running for ever.
            remove(started);
            throw e;
        }
        return run.job();
    }

    private synchronized void remove(Started started) {
        jobs.remove(started);
    }

    private synchronized void add(Started started) {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the server stops");
        }
        long running = jobs.stream().filter(job -> job.run().isRunning()).count();
        if (running >= MAX_RUNNING) {
            throw new MillraceException(
                    ErrorCode.OVERLOADED,
                    "%d replays run already; wait for one of them or cancel it".formatted(running));
        }
        jobs.add(started);
        for (int i = 0; jobs.size() > MAX_REMEMBERED && i < jobs.size(); i++) {
            if (!jobs.get(i).run().isRunning()) {
                jobs.remove(i);
            }
        }
    }

    @Override
    public synchronized List<Job> of(ResourceKey pipeline) {
        return jobs.stream()
                .map(Started::run)
                .filter(run -> run.pipeline().equals(pipeline))
                .map(ReplayRun::job)
                .toList();
    }

    @Override
    public Job job(ResourceKey pipeline, String id) {
        return find(pipeline, id).job();
    }

    @Override
    public Job cancel(ResourceKey pipeline, String id) {
        ReplayRun run = find(pipeline, id);
        run.cancel();
        return run.job();
    }

    private synchronized ReplayRun find(ResourceKey pipeline, String id) {
        return jobs.stream()
                .map(Started::run)
                .filter(run -> run.pipeline().equals(pipeline) && run.id().equals(id))
                .findFirst()
                .orElseThrow(() ->
                        MillraceException.notFound(
                                "pipeline/%s has no replay '%s'; a restart of the server forgets them"
                                        .formatted(pipeline.name(), id)));
    }

    /** Ends all; waits for each a bounded time. Idempotent. */
    @Override
    public void close() {
        List<Started> all;
        synchronized (this) {
            isClosed = true;
            all = List.copyOf(jobs);
        }
        all.stream().filter(job -> job.run().isRunning()).forEach(job -> job.run().cancel());
        try {
            for (Started job : all) {
                job.thread().join(LONGEST_END_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
