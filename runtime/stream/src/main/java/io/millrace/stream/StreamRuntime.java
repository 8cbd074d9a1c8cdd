package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.PipelineHost;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.spi.PipelineTaps;
import io.millrace.spi.SinkConnector;
import io.millrace.spi.StreamLog;
import io.millrace.spi.Tracing;
import io.millrace.spi.TransformerServing;
import io.millrace.stream.tap.Taps;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs pipelines: one thread for each task, each task a member of its pipeline's consumer group.
 *
 * <p>Made ready by its constructor; {@link #close} drains all pipelines within a bounded time. What
 * it is given stays its owner's and must be closed after it.
 */
public final class StreamRuntime implements PipelineHost, AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(StreamRuntime.class);
    private static final Duration DRAIN_AT_REPLACE = Duration.ofSeconds(20);
    private static final Duration DRAIN_AT_CLOSE = Duration.ofSeconds(4);
    private static final int MAX_RECORDS = 2_000;
    private static final int FORGET_ATTEMPTS = 6;

    private final TaskContext context;
    private final Meters meters;
    private final EventLog events;
    private final ScaleLoop scaleLoop;
    private final Map<ResourceKey, Deployment> deployments = new HashMap<>();
    private final Map<ResourceKey, Deployment> ending = new HashMap<>();

    /** Of pipelines that were stopped and may go on, for the case that they are removed instead. */
    private final Map<ResourceKey, String> stoppedGroups = new HashMap<>();

    private boolean isClosed;

    /**
     * A runtime without pipelines.
     *
     * @param log where records come from, and dead letters and {@code kafka} outputs go
     * @param models for model steps
     * @param functions for function steps
     * @param connectors the other kinds of output; the first that serves one is taken
     * @param meters where numbers go
     * @param time the clock
     * @param nodeId of this process: letters, digits, {@code .}, {@code _}, {@code -}; stable over
     *     restarts and unique among the processes that share the log
     * @param events where it is noted what happens to pipelines
     * @param tracing where the spans of records go
     */
    public StreamRuntime(
            StreamLog log,
            ModelServing models,
            FunctionRuntime functions,
            List<SinkConnector> connectors,
            Meters meters,
            TimeSource time,
            String nodeId,
            EventLog events,
            Tracing tracing) {
        this(
                log,
                models,
                functions,
                connectors,
                meters,
                time,
                nodeId,
                events,
                tracing,
                ObjectStores.none(),
                TransformerServing.none());
    }

    /**
     * Also of objects, and with predict steps.
     *
     * @param stores where objects are
     * @param requests what predict steps call
     */
    public StreamRuntime(
            StreamLog log,
            ModelServing models,
            FunctionRuntime functions,
            List<SinkConnector> connectors,
            Meters meters,
            TimeSource time,
            String nodeId,
            EventLog events,
            Tracing tracing,
            ObjectStores stores,
            TransformerServing requests) {
        this(
                log,
                models,
                functions,
                connectors,
                meters,
                time,
                nodeId,
                events,
                tracing,
                stores,
                requests,
                ScaleLoop.Pace.STANDARD);
    }

    /** Looks at the load at a pace of its own. */
    StreamRuntime(
            StreamLog log,
            ModelServing models,
            FunctionRuntime functions,
            List<SinkConnector> connectors,
            Meters meters,
            TimeSource time,
            String nodeId,
            EventLog events,
            Tracing tracing,
            ScaleLoop.Pace pace) {
        this(
                log,
                models,
                functions,
                connectors,
                meters,
                time,
                nodeId,
                events,
                tracing,
                ObjectStores.none(),
                TransformerServing.none(),
                pace);
    }

    private StreamRuntime(
            StreamLog log,
            ModelServing models,
            FunctionRuntime functions,
            List<SinkConnector> connectors,
            Meters meters,
            TimeSource time,
            String nodeId,
            EventLog events,
            Tracing tracing,
            ObjectStores stores,
            TransformerServing requests,
            ScaleLoop.Pace pace) {
        Parking parking = Parking.threads();
        this.context =
                new TaskContext(
                        log,
                        models,
                        functions,
                        connectors,
                        time,
                        parking,
                        nodeId,
                        MAX_RECORDS,
                        new ReplyTopics(),
                        new Taps(time, meters),
                        tracing,
                        stores,
                        requests);
        this.meters = meters;
        this.events = events;
        this.scaleLoop = new ScaleLoop(log, time, pace);
    }

    @Override
    public synchronized void deploy(PipelinePlan plan, Runnable changed) {
        if (isClosed) {
            throw MillraceException.internal("the stream runtime is closed", null);
        }
        TaskAssembly.check(plan);
        ResourceKey key = plan.pipeline();
        Deployment current = deployments.get(key);
        if (current != null && needsNoRestart(current.plan(), plan)) {
            current.changed(changed);
            if (!current.plan().equals(plan)) {
                current.takeOver(plan);
            }
            return;
        }
        if (current != null) {
            end(key, current, DRAIN_AT_REPLACE, false);
        }
        var next =
                new Deployment(
                        context,
                        plan,
                        new PipelineMeters(meters, key),
                        new PipelineEvents(events, key),
                        changed);
        deployments.put(key, next);
        next.start(ending.get(key));
        scaleLoop.add(next.scaling());
    }

    /** Topics and scale are taken over by the tasks that run. */
    private static boolean needsNoRestart(PipelinePlan one, PipelinePlan other) {
        if (TaskAssembly.hasObjects(one) != TaskAssembly.hasObjects(other)) {
            return false; // its tasks need a stage more, or one less
        }
        PipelineSpec spec = other.spec();
        return one.equals(
                new PipelinePlan(
                        other.pipeline(),
                        other.uid(),
                        other.createdAt(),
                        new PipelineSpec(
                                spec.from(),
                                spec.steps(),
                                spec.to(),
                                spec.delivery(),
                                spec.onError(),
                                one.spec().scale()),
                        one.inputs(),
                        other.functions(),
                        other.generations()));
    }

    @Override
    public Optional<PipelineState> observe(ResourceKey pipeline) {
        Deployment deployment;
        synchronized (this) {
            deployment = deployments.get(pipeline);
        }
        return Optional.ofNullable(deployment).map(Deployment::observe);
    }

    @Override
    public synchronized void remove(ResourceKey pipeline, boolean forgetPosition) {
        if (forgetPosition) {
            meters.forget(
                    "project", pipeline.project().value(), "pipeline", pipeline.name().value());
            context.replies().forget(pipeline);
        }
        Deployment current = deployments.remove(pipeline);
        Deployment before = current != null ? current : ending.get(pipeline);
        if (before != null) {
            end(pipeline, before, DRAIN_AT_REPLACE, forgetPosition);
        } else if (forgetPosition) {
            String group = stoppedGroups.remove(pipeline);
            if (group != null) {
                Thread.ofVirtual().name("end of pipeline " + pipeline).start(() -> forget(group));
            }
        }
    }

    /** Where people look at records on their way. */
    public PipelineTaps taps() {
        return context.taps();
    }

    /** For looking into pipelines: their plans, their steps apart from what is live. */
    public PipelineInsight insight() {
        return new PipelineInsight(context, meters, this::plan, this::lag);
    }

    private synchronized Optional<PipelinePlan> plan(ResourceKey pipeline) {
        return Optional.ofNullable(deployments.get(pipeline)).map(Deployment::plan);
    }

    private long lag() {
        List<Deployment> all;
        synchronized (this) {
            all = List.copyOf(deployments.values());
        }
        return all.stream().mapToLong(Deployment::lag).sum();
    }

    /** Ends a deployment in the background; the next one of the same key waits for that. */
    private void end(
            ResourceKey key, Deployment deployment, Duration patience, boolean forgetPosition) {
        ending.put(key, deployment);
        if (forgetPosition) {
            stoppedGroups.remove(key);
        } else {
            stoppedGroups.put(key, TaskContext.groupOf(deployment.plan()));
        }
        scaleLoop.remove(deployment.scaling());
        deployment.stop();
        Thread.ofVirtual()
                .name("end of pipeline " + key)
                .start(() -> awaitEnd(key, deployment, patience, forgetPosition));
    }

    private void awaitEnd(
            ResourceKey key, Deployment deployment, Duration patience, boolean forgetPosition) {
        try {
            if (!deployment.drain(patience)) {
                deployment.awaitEnd();
            }
            if (forgetPosition) {
                forget(TaskContext.groupOf(deployment.plan()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                boolean isLast = ending.remove(key, deployment) && !deployments.containsKey(key);
                if (isLast && forgetPosition) {
                    // Its last batches may have made topics still.
                    context.replies().forget(key);
                }
            }
        }
    }

    /** A log may need a moment to notice that the last member has left. */
    private void forget(String group) {
        var waits = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(10));
        MillraceException last = null;
        for (int i = 0; i < FORGET_ATTEMPTS; i++) {
            try {
                context.log().removeGroup(group);
                return;
            } catch (MillraceException e) {
                last = e;
                context.time().pause(waits.next());
            }
        }
        logger.warn("the group {} of a removed pipeline could not be removed", group, last);
    }

    /**
     * Drains all pipelines: their current batches are finished and committed; those that take
     * longer than 4 seconds are dropped and will be read again. Idempotent.
     */
    @Override
    public void close() {
        List<Deployment> all;
        synchronized (this) {
            isClosed = true;
            all = new ArrayList<>(deployments.values());
            all.addAll(ending.values());
            deployments.clear();
        }
        all.forEach(Deployment::stop);
        scaleLoop.close();
        try {
            drain(all);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All at once against the same clock, so that it takes no longer for many than for one. */
    private void drain(List<Deployment> all) throws InterruptedException {
        long end = context.time().nanoTime() + DRAIN_AT_CLOSE.toNanos();
        var late = new ArrayList<Deployment>();
        for (Deployment deployment : all) {
            if (!deployment.awaitEnd(until(end))) {
                late.add(deployment);
            }
        }
        late.forEach(Deployment::abort);
        long endOfAbort = context.time().nanoTime() + Deployment.AFTER_ABORT.toNanos();
        for (Deployment deployment : late) {
            if (!deployment.awaitAborted(until(endOfAbort))) {
                logger.error("{} did not end", deployment.plan().pipeline());
            }
        }
    }

    private Duration until(long end) {
        return Duration.ofNanos(Math.max(0, end - context.time().nanoTime()));
    }
}
