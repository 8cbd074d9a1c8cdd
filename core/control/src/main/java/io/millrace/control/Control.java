package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ProjectSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the runtime match the store. Construct, {@link #start} once, {@link #close} once: closing
 * ends the deciding only, what runs goes on until its own host is closed.
 */
public final class Control implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ResourceStore store;
    private final ReconcileLoop loop;
    private final ReconcileConfig config;
    private final ControlPorts ports;
    private final TimeSource time;
    private final Duration patience;
    private final List<Thread> threads = new ArrayList<>();

    public Control(
            ResourceStore store,
            ControlPorts ports,
            Meters meters,
            TimeSource time,
            ReconcileConfig config) {
        this(store, ports, meters, time, config, PATIENCE);
    }

    /** With another patience at the end, for tests. */
    Control(
            ResourceStore store,
            ControlPorts ports,
            Meters meters,
            TimeSource time,
            ReconcileConfig config,
            Duration patience) {
        this.store = store;
        this.time = time;
        this.config = config;
        this.patience = patience;
        this.ports = ports;
        this.loop =
                new ReconcileLoop(
                        store, reconcilers(store, ports), ports.events(), meters, time, config);
    }

    static List<Reconciler<?>> reconcilers(ResourceStore store, ControlPorts ports) {
        return List.of(
                new ProjectReconciler(),
                new CategoryReconciler(),
                new DataSourceReconciler(ports.log(), ports.sources(), ports.events()),
                new FunctionReconciler(ports.functions()),
                new ModelReconciler(
                        ports.models(),
                        ports.monitor(),
                        new TransformerDeployment(ports.transformers(), ports.stepLogs())),
                new InferenceGraphReconciler(
                        ports.graphs(), ports.functions(), ports.models(), ports.stepLogs()),
                new PipelineReconciler(
                        ports.log(),
                        ports.pipelines(),
                        ports.functions(),
                        ports.models(),
                        ports.stepLogs()),
                new ModelDefinitionReconciler(ports.training().training()),
                new DatasetReconciler(ports.training().datasets()),
                new ExperimentReconciler(
                        store, ports.log(), ports.models(), ports.training(), ports.events()),
                new TrainingRunReconciler(ports.training().training(), ports.events()));
    }

    /** Creates what an empty store needs and begins to reconcile. Returns at once. */
    public synchronized void start() {
        createDefaultProject(store);
        loop.start();
        for (int i = 0; i < config.threads(); i++) {
            threads.add(Thread.ofVirtual().name("reconcile-" + i).start(loop::runUntilClosed));
        }
        ports.training().announcements().listen(new Announcements(store, ports.events()));
    }

    /**
     * Waits until every data source that was declared at the start has been reconciled once, so
     * that senders may be let in: what they send finds its way.
     *
     * @throws MillraceException {@code UNAVAILABLE} when that does not happen in time; names them
     */
    public void awaitDataSources(Duration timeout) {
        try {
            if (!loop.firstDataSources().await(timeout)) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "these data sources could not be reconciled within %s: %s"
                                .formatted(timeout, loop.firstDataSources()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while starting", e);
        }
    }

    /** The project that clients get which name none is there from the first start. */
    static void createDefaultProject(ResourceStore store) {
        if (!store.image().all(Kind.PROJECT).isEmpty()) {
            return;
        }
        var spec = new ProjectSpec("for everything that names no project", List.of(), List.of());
        var manifest = new Manifest<>(ResourceKey.ofProject(ProjectId.DEFAULT), "", Map.of(), spec);
        try {
            store.put(manifest, Optional.of(Revision.NONE));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
            // Another process that shares the store was faster: then it is there.
        }
    }

    /**
     * Begins nothing new and waits a bounded time, one for all, for what is under way. Idempotent.
     */
    @Override
    public synchronized void close() {
        loop.close();
        boolean isInterrupted = false;
        long end = time.nanoTime() + patience.toNanos();
        for (Thread thread : threads) {
            try {
                if (!thread.join(Duration.ofNanos(Math.max(0, end - time.nanoTime())))) {
                    thread.interrupt();
                }
            } catch (InterruptedException e) {
                thread.interrupt();
                isInterrupted = true;
            }
        }
        threads.clear();
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
