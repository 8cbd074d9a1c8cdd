package io.millrace.process;

import io.millrace.api.MillraceException;
import io.millrace.spi.EnvironmentState;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The environments that somebody asked for. Each is built once, however many ask; one that failed
 * is tried again, later and later, until it works; what nobody listens to any more is left alone
 * until somebody does again.
 */
public final class Environments implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Environments.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(30);
    private static final Duration LAST_RETRY = Duration.ofMinutes(10);

    private final Construction construction;
    private final ExecutorService builders;
    private final ScheduledExecutorService timer;
    private final Map<EnvironmentCatalog.Recipe, Entry> entries = new HashMap<>();
    private boolean closed;

    /** How one is built. */
    @FunctionalInterface
    public interface Construction {
        VirtualEnvironment build(EnvironmentCatalog.Recipe recipe)
                throws IOException, InterruptedException;
    }

    /**
     * Makes none yet.
     *
     * @param timer for trying again; its owner closes it
     */
    public Environments(EnvironmentBuilder builder, ScheduledExecutorService timer) {
        this(
                builder::build,
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().daemon().name("environment-", 0).factory()),
                timer);
    }

    /**
     * Makes none yet.
     *
     * @param builders where building happens; closed with this
     * @param timer for trying again; its owner closes it
     */
    public Environments(
            Construction construction, ExecutorService builders, ScheduledExecutorService timer) {
        this.construction = construction;
        this.builders = builders;
        this.timer = timer;
    }

    /**
     * The environment of this name with further packages, which is being built from now on. Never
     * fails by itself.
     */
    public Entry request(String environment, List<String> requirements) {
        EnvironmentCatalog.Recipe recipe;
        try {
            recipe = EnvironmentCatalog.recipe(environment, requirements);
        } catch (MillraceException e) {
            return new Entry(new EnvironmentState.Failed(e.text()));
        }
        synchronized (this) {
            Entry entry = entries.get(recipe);
            if (entry == null) {
                entry = new Entry(new EnvironmentState.Building("waiting to be built"));
                entries.put(recipe, entry);
                submit(recipe, entry, FIRST_RETRY);
            }
            return entry;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        builders.shutdownNow();
    }

    private synchronized void submit(
            EnvironmentCatalog.Recipe recipe, Entry entry, Duration retry) {
        if (!closed) {
            builders.execute(() -> build(recipe, entry, retry));
        }
    }

    private void build(EnvironmentCatalog.Recipe recipe, Entry entry, Duration retry) {
        entry.set(
                new EnvironmentState.Building(
                        "building environment '"
                                + recipe.name()
                                + "'; the first time takes minutes"),
                null);
        try {
            VirtualEnvironment environment = construction.build(recipe);
            entry.set(new EnvironmentState.Ready(), environment);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (MillraceException e) {
            failed(recipe, entry, retry, e.text());
        } catch (IOException e) {
            failed(recipe, entry, retry, "environment '" + recipe.name() + "': " + e);
        } catch (RuntimeException | Error e) {
            // Whoever waits for it would wait for ever.
            log.error("Environment {} could not be built", recipe.name(), e);
            failed(recipe, entry, retry, "environment '" + recipe.name() + "': " + e);
        }
    }

    private void failed(
            EnvironmentCatalog.Recipe recipe, Entry entry, Duration retry, String message) {
        log.warn("Environment {} could not be built: {}", recipe.name(), message);
        entry.set(new EnvironmentState.Failed(message), null);
        Duration doubled = retry.multipliedBy(2);
        Duration next = doubled.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : doubled;
        Runnable again = () -> submit(recipe, entry, next);
        var _ =
                timer.schedule(
                        () -> entry.whenListenedTo(again), retry.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** One environment; those who wait for news of it are called off any lock. */
    public static final class Entry {

        private final Map<Object, Runnable> listeners = new ConcurrentHashMap<>();
        private volatile Snapshot snapshot;

        /** What is to be done once somebody listens; guarded by this. */
        private @Nullable Runnable postponed;

        Entry(EnvironmentState state) {
            this.snapshot = new Snapshot(state, null);
        }

        /** How far it is. */
        public EnvironmentState state() {
            return snapshot.state;
        }

        /** The environment itself, null when it is not ready. */
        public @Nullable VirtualEnvironment built() {
            return snapshot.built;
        }

        /** Calls an owner whenever the state is another. */
        public void listen(Object owner, Runnable changed) {
            Runnable due;
            synchronized (this) {
                listeners.put(owner, changed);
                due = postponed;
                postponed = null;
            }
            if (due != null) {
                due.run();
            }
        }

        private void whenListenedTo(Runnable action) {
            synchronized (this) {
                if (listeners.isEmpty()) {
                    postponed = action;
                    return;
                }
            }
            action.run();
        }

        /** Tells an owner nothing more. */
        public void forget(Object owner) {
            listeners.remove(owner);
        }

        private void set(EnvironmentState state, @Nullable VirtualEnvironment built) {
            snapshot = new Snapshot(state, built);
            listeners.values().forEach(Environments::call);
        }

        private record Snapshot(EnvironmentState state, @Nullable VirtualEnvironment built) {}
    }

    private static void call(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            log.error("A listener failed", e);
        }
    }
}
