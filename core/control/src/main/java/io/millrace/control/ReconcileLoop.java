package io.millrace.control;

import io.millrace.api.ErrorCode;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.Revision;
import io.millrace.api.Spec;
import io.millrace.api.Status;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.Meters;
import io.millrace.store.Change;
import io.millrace.store.ResourceStore;
import io.millrace.store.StoreImage;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings each resource to a reconciler: when its spec changed, when something that it depends on
 * changed, when a host has something new to say, after a failure, and every now and then.
 *
 * <pre>
 *   store ──change──▶ queue ──key──▶ reconciler ──observation──▶ status (one write, if it changed)
 *                      ▲  ▲ back-off, resync │
 *   hosts ──changed────┘  └──────────────────┘
 * </pre>
 *
 * <p>Nothing here has a thread of its own: {@link #doWork} does all that is due, and {@link
 * #runUntilClosed} is for threads that somebody else owns. Several may run it.
 */
final class ReconcileLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReconcileLoop.class);

    /**
     * How many changes from before the start are looked through: a resource that was deleted just
     * before a crash has still to be cleaned up.
     */
    private static final int REMEMBERED = 1_000;

    private final ResourceStore store;
    private final Map<Kind, Reconciler<?>> reconcilers = new EnumMap<>(Kind.class);
    private final EventLog events;
    private final Meters meters;
    private final TimeSource time;
    private final ReconcileConfig config;
    private final WorkQueue queue;

    /** The spec of each resource that the queue has heard of. */
    private final Map<ResourceKey, Seen> seen = new ConcurrentHashMap<>();

    /** Which incarnation of a resource was reconciled last by this process. */
    private final Map<ResourceKey, String> incarnations = new ConcurrentHashMap<>();

    private final Map<ResourceKey, Integer> failures = new ConcurrentHashMap<>();
    private final FirstPass firstDataSources = new FirstPass();
    private final ReentrantLock watchLock = new ReentrantLock();
    private ResourceStore.@Nullable Watch watch;
    private boolean isClosed;

    ReconcileLoop(
            ResourceStore store,
            List<Reconciler<?>> reconcilers,
            EventLog events,
            Meters meters,
            TimeSource time,
            ReconcileConfig config) {
        this.store = store;
        this.events = events;
        this.meters = meters;
        this.time = time;
        this.config = config;
        this.queue = new WorkQueue(time);
        for (Reconciler<?> reconciler : reconcilers) {
            this.reconcilers.put(reconciler.kind(), reconciler);
        }
    }

    /** Queues everything that is declared, and from now on everything that changes. */
    void start() {
        firstDataSources.expect(
                store.image().all(Kind.DATA_SOURCE).stream()
                        .<ResourceKey>map(Resource::key)
                        .toList());
        meters.gauge("millrace_reconcile_waiting", "Resources in the queue", queue::size);
        long newest = store.image().revision().value();
        resume(new Revision(Math.max(0, newest - REMEMBERED)));
    }

    private void resume(Revision history) {
        watchLock.lock();
        try {
            if (isClosed) {
                return;
            }
            StoreImage image = store.image();
            for (Kind kind : Kind.values()) {
                for (Resource<?> resource : image.all(kind)) {
                    seen.put(resource.key(), Seen.of(resource));
                    queue.add(resource.key());
                }
            }
            // What went while nobody listened.
            incarnations.keySet().forEach(queue::add);
            watch = watchFrom(history, image.revision());
        } finally {
            watchLock.unlock();
        }
    }

    private ResourceStore.Watch watchFrom(Revision history, Revision now) {
        try {
            return store.watch(history, new StoreWatcher(now));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNAVAILABLE || history.equals(now)) {
                throw e;
            }
            return store.watch(now, new StoreWatcher(now));
        }
    }

    /** Hears of changes: those that are in the image already matter only when something went. */
    private final class StoreWatcher implements ResourceStore.Watcher {
        private final Revision queued;

        StoreWatcher(Revision queued) {
            this.queued = queued;
        }

        @Override
        public void changed(Change change) {
            if (change.revision().isAfter(queued) || change instanceof Change.Deleted) {
                heard(change);
            }
        }

        @Override
        public void cutOff() {
            resume(store.image().revision());
        }
    }

    private void heard(Change change) {
        ResourceKey key = change.key();
        StoreImage image = store.image();
        boolean isNewSpec =
                switch (change) {
                    case Change.Put(_, var resource) -> {
                        Seen now = Seen.of(resource);
                        yield !now.equals(seen.put(key, now));
                    }
                    case Change.Deleted _ -> {
                        seen.remove(key);
                        yield true;
                    }
                };
        if (isNewSpec) {
            queue.add(key);
            Dependents.ofSpec(key, image).forEach(queue::add);
        } else {
            Dependents.ofObservation(key, image).forEach(queue::add);
        }
    }

    /** Over when every data source that was declared at the start has been reconciled. */
    FirstPass firstDataSources() {
        return firstDataSources;
    }

    /** A host has something new to say about a resource. Any thread. */
    void changed(ResourceKey key) {
        queue.add(key);
        Dependents.ofObservation(key, store.image()).forEach(queue::add);
    }

    /**
     * Does all that is due now.
     *
     * @return how many resources were looked at
     */
    int doWork() {
        int done = 0;
        Optional<ResourceKey> next = queue.tryTake();
        while (next.isPresent()) {
            process(next.get());
            done++;
            next = queue.tryTake();
        }
        return done;
    }

    /** Does what is due and waits for more, until the loop is closed. */
    void runUntilClosed() {
        try {
            Optional<ResourceKey> next = queue.take();
            while (next.isPresent()) {
                process(next.get());
                next = queue.take();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void process(ResourceKey key) {
        long begun = time.nanoTime();
        boolean worked = false;
        try {
            worked = attempt(key);
        } finally {
            if (worked) {
                failures.remove(key);
                firstDataSources.done(key);
            } else {
                int count = failures.merge(key, 1, Integer::sum);
                queue.addAfter(key, config.backoff(count));
            }
            queue.done(key);
            record(key.kind(), worked, time.nanoTime() - begun);
        }
    }

    private void record(Kind kind, boolean worked, long nanos) {
        String outcome = worked ? "done" : "failed";
        meters.count(
                        "millrace_reconcile_total",
                        "Resources that were looked at",
                        "kind",
                        kind.label(),
                        "outcome",
                        outcome)
                .increment();
        meters.timing("millrace_reconcile_seconds", "Looking at one resource", "kind", kind.label())
                .record(nanos);
    }

    private boolean attempt(ResourceKey key) {
        Reconciler<?> reconciler = reconcilers.get(key.kind());
        if (reconciler == null) {
            return true;
        }
        StoreImage image = store.image();
        Optional<Resource<?>> found = image.find(key);
        try {
            if (!isSameIncarnation(key, found)) {
                reconciler.remove(key);
                events.remove(key);
                incarnations.remove(key);
            }
            if (found.isPresent()) {
                Duration again = reconcile(reconciler, found.get(), image);
                queue.addAfter(key, again.compareTo(config.resync()) < 0 ? again : config.resync());
            }
            return true;
        } catch (Throwable e) {
            // The supervisor of all reconcilers: none of them may end the loop, not even with an
            // Error, such as the OutOfMemoryError of a native library.
            report(key, e);
            if (e instanceof MillraceException known && !known.code().isTransient()) {
                // Waiting for it at the start would help nobody.
                firstDataSources.done(key);
            }
            found.ifPresent(resource -> writeFailure(resource, e));
            return false;
        }
    }

    private void writeFailure(Resource<?> resource, Throwable failure) {
        try {
            write(resource, StatusUpdate.ofFailure(resource, failure, time.now()));
        } catch (Throwable e) {
            // The loop goes on all the same; the next attempt writes it.
            LOG.error("the status of {} could not be written", resource.key(), e);
        }
    }

    /** Whether what was reconciled last, if anything, is what is declared now. */
    private boolean isSameIncarnation(ResourceKey key, Optional<Resource<?>> found) {
        String last = incarnations.get(key);
        if (found.isEmpty()) {
            return false;
        }
        return last == null || last.equals(found.get().metadata().uid());
    }

    /** Answers after how long it is to be looked at again. */
    private Duration reconcile(Reconciler<?> reconciler, Resource<?> resource, StoreImage image) {
        ResourceKey key = resource.key();
        Observation observed =
                hasProject(key, image)
                        ? reconcileAs(reconciler, resource, image)
                        : Observation.notReady(
                                "UnknownProject", "project " + key.scope() + " does not exist");
        boolean isFirst = incarnations.put(key, resource.metadata().uid()) == null;
        write(resource, StatusUpdate.of(resource, observed, time.now()));
        if (isFirst) {
            // After a restart the status may be what it was, but the hosts know it only now.
            Dependents.ofObservation(key, image).forEach(queue::add);
        }
        return observed.again();
    }

    private static boolean hasProject(ResourceKey key, StoreImage image) {
        return !key.kind().isInProject()
                || image.find(ResourceKey.ofProject(key.project())).isPresent();
    }

    private <S extends Spec> Observation reconcileAs(
            Reconciler<S> reconciler, Resource<?> resource, StoreImage image) {
        ResourceKey key = resource.key();
        // Safe: the constructor of Resource checks that the spec is the one of its kind.
        @SuppressWarnings("unchecked")
        var typed = (Resource<S>) resource;
        return reconciler.reconcile(new Reconciler.Request<>(typed, image, () -> changed(key)));
    }

    private void write(Resource<?> resource, Status status) {
        if (!status.equals(resource.status())) {
            store.putStatus(resource.key(), resource.metadata().uid(), status);
        }
    }

    private static void report(ResourceKey key, Throwable failure) {
        if (failure instanceof MillraceException known && known.code() != ErrorCode.INTERNAL) {
            LOG.warn("{} is not ready: {}", key, known.text());
        } else {
            LOG.error("{} could not be reconciled", key, failure);
        }
    }

    /** Hears of no more changes and lets the threads in {@link #runUntilClosed} end. */
    @Override
    public void close() {
        ResourceStore.Watch last;
        watchLock.lock();
        try {
            isClosed = true;
            last = watch;
            watch = null;
        } finally {
            watchLock.unlock();
        }
        if (last != null) {
            // Off the lock: it waits for a call under way, and that may wait for the lock.
            last.close();
        }
        queue.close();
    }

    private record Seen(String uid, long generation) {
        static Seen of(Resource<?> resource) {
            return new Seen(resource.metadata().uid(), resource.metadata().generation());
        }
    }
}
