package io.millrace.function;

import io.millrace.api.FunctionSpec;
import io.millrace.api.IdSource;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.process.EnvironmentBuilder;
import io.millrace.process.Environments;
import io.millrace.spi.EnvironmentState;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.FunctionWorker;
import io.millrace.spi.Meters;
import io.millrace.spi.StepLogs;
import io.millrace.spi.TransformerWorker;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Functions in Python, each worker a process in a virtual environment that is built on demand.
 *
 * <p>The constructor does no I/O; folders are made when first needed. Closing it closes all
 * workers.
 */
public final class ProcessFunctionRuntime implements FunctionRuntime {

    private final FunctionRuntimeConfig config;
    private final Meters meters;
    private final TimeSource time;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("function-watch").factory());
    private final Watch watch = new Watch();
    private final Environments environments;
    private final WorkerLauncher launcher;
    private final Map<ResourceKey, Prepared> prepared = new ConcurrentHashMap<>();
    private final Set<Supervisor<?>> supervisors = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean watching = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param inferenceEndpoint what {@code AI_INFERENCE_ENDPOINT} says to functions of a project:
     *     host, port and what else is needed to resolve models within it, without a scheme; asked
     *     at each start of a worker
     */
    public ProcessFunctionRuntime(
            FunctionRuntimeConfig config,
            Function<ProjectId, String> inferenceEndpoint,
            StepLogs logs,
            Meters meters,
            TimeSource time,
            IdSource ids) {
        this.config = config;
        this.meters = meters;
        this.time = time;
        this.environments = new Environments(new EnvironmentBuilder(config.environments()), timer);
        this.launcher =
                new WorkerLauncher(
                        config, inferenceEndpoint, logs, meters, time, ids, Sandbox.NONE);
    }

    @Override
    public void prepare(ResourceKey function, FunctionSpec spec, Runnable changed) {
        prepared.compute(
                function,
                (key, before) -> {
                    if (before != null) {
                        if (before.spec.equals(spec)) {
                            return before;
                        }
                        before.entry.forget(key);
                    }
                    Environments.Entry entry =
                            environments.request(spec.environment(), spec.requirements());
                    entry.listen(key, changed);
                    return new Prepared(spec, entry);
                });
    }

    @Override
    public Optional<EnvironmentState> environment(ResourceKey function) {
        return Optional.ofNullable(prepared.get(function)).map(p -> p.entry.state());
    }

    @Override
    public void remove(ResourceKey function) {
        Prepared gone = prepared.remove(function);
        if (gone != null) {
            gone.entry.forget(function);
        }
    }

    @Override
    public FunctionWorker start(FunctionLaunch launch) {
        WorkerMeters workerMeters = new WorkerMeters(meters, launch);
        return new ProcessFunctionWorker(
                launch, supervise(launch, workerMeters, Handshake::perform), workerMeters, time);
    }

    @Override
    public TransformerWorker transform(FunctionLaunch launch) {
        WorkerMeters workerMeters = new WorkerMeters(meters, launch);
        return new ProcessTransformerWorker(
                launch,
                supervise(launch, workerMeters, Handshake::performTransformer),
                workerMeters,
                time);
    }

    private <T extends Talk> Supervisor<T> supervise(
            FunctionLaunch launch, WorkerMeters workerMeters, Supervisor.Opening<T> opening) {
        if (closed.get()) {
            throw WorkerLauncher.closed();
        }
        if (watching.compareAndSet(false, true)) {
            var _ =
                    timer.scheduleWithFixedDelay(
                            watch, Watch.PERIOD_MILLIS, Watch.PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        }
        Supervisor<T> supervisor =
                new Supervisor<>(
                        launch,
                        environments.request(
                                launch.spec().environment(), launch.spec().requirements()),
                        launcher,
                        config,
                        workerMeters,
                        watch,
                        opening,
                        supervisors::remove);
        supervisors.add(supervisor);
        supervisor.start();
        return supervisor;
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try (var closers = Executors.newVirtualThreadPerTaskExecutor()) {
            supervisors.forEach(supervisor -> closers.execute(supervisor::close));
        }
        environments.close();
        launcher.close();
        timer.shutdownNow();
    }

    private record Prepared(FunctionSpec spec, Environments.Entry entry) {}
}
