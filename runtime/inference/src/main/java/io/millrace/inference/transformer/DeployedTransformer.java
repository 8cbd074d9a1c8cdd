package io.millrace.inference.transformer;

import io.millrace.api.ErrorCode;
import io.millrace.api.FunctionSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec;
import io.millrace.spi.TransformerHost.State;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The transformer of one model over its changes. One that is declared anew takes over when its
 * first process is up; until then the one before goes on.
 *
 * <pre>
 *   blocked ──deploy──▶ next ──its first process is up──▶ current ──deploy──▶ current and next …
 * </pre>
 */
final class DeployedTransformer {

    private final TransformerMeters meters;
    private @Nullable TransformerPool current;
    private @Nullable TransformerPool next;
    private @Nullable Declared declared;
    private Optional<EventMemory> memory = Optional.empty();
    private Optional<ResourceName> awaited = Optional.empty();
    private String blocked = "";
    private Runnable changed = () -> {};
    private @Nullable State told;

    /**
     * All that makes a difference to its processes.
     *
     * @param environment with the values of its secret
     */
    record Declared(TransformerSpec spec, FunctionSpec function, Map<String, String> environment) {
        Declared {
            environment = Map.copyOf(environment);
        }

        /** Without values of secrets. */
        @Override
        public String toString() {
            return "Declared[" + spec.function() + "]";
        }
    }

    DeployedTransformer(TransformerMeters meters) {
        this.meters = meters;
    }

    TransformerMeters meters() {
        return meters;
    }

    synchronized boolean isOf(Declared other) {
        return blocked.isEmpty() && other.equals(declared);
    }

    synchronized @Nullable Declared declared() {
        return declared;
    }

    /** It cannot be deployed before a secret is there. */
    synchronized void awaitSecret(ResourceName secret, Runnable whenChanged) {
        awaited = Optional.of(secret);
        changed = whenChanged;
    }

    synchronized boolean awaits(ResourceName secret) {
        return awaited.filter(secret::equals).isPresent();
    }

    synchronized Runnable changed() {
        return changed;
    }

    synchronized void deploy(
            Declared wanted,
            TransformerPool pool,
            Optional<EventMemory> events,
            Runnable whenChanged) {
        if (next != null) {
            next.retire();
        }
        blocked = "";
        awaited = Optional.empty();
        declared = wanted;
        memory = events;
        changed = whenChanged;
        next = pool;
        pool.start();
        if (current == null) {
            promote();
        }
    }

    synchronized void block(String why) {
        blocked = why;
        declared = null;
        retire();
    }

    /** Where requests go. */
    synchronized TransformerPool pool() {
        TransformerPool pool = current;
        if (pool == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the transformer is not ready: " + blocked);
        }
        return pool;
    }

    synchronized Optional<EventMemory> memory() {
        return memory;
    }

    synchronized State state() {
        TransformerPool pool = next == null ? current : next;
        return pool == null
                ? new State(0, 0, blocked)
                : new State(pool.running(), pool.size(), pool.trouble());
    }

    /** Looks at its processes; tells whoever wants to know when something changed. */
    void look() {
        Runnable tell;
        synchronized (this) {
            if (next != null && next.running() > 0) {
                promote();
            }
            State now = state();
            if (now.equals(told)) {
                return;
            }
            told = now;
            tell = changed;
        }
        tell.run();
    }

    private void promote() {
        TransformerPool before = current;
        current = next;
        next = null;
        if (before != null) {
            before.retire();
        }
    }

    private void retire() {
        if (next != null) {
            next.retire();
            next = null;
        }
        if (current != null) {
            current.retire();
            current = null;
        }
    }

    /** Ends its processes; returns when they have ended. */
    void close() {
        TransformerPool first;
        TransformerPool second;
        synchronized (this) {
            first = current;
            second = next;
            current = null;
            next = null;
            blocked = "it was removed";
        }
        if (first != null) {
            first.close();
        }
        if (second != null) {
            second.close();
        }
    }
}
