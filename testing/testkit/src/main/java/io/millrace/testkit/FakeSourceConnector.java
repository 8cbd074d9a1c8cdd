package io.millrace.testkit;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.SourceState;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A source connector for every connection that takes no data and remembers its bindings. */
public final class FakeSourceConnector implements SourceConnector {
    private final Map<ResourceKey, SourceBinding> bindings = new ConcurrentHashMap<>();
    private final Map<ResourceKey, SourceState> states = new ConcurrentHashMap<>();
    private final Map<ResourceKey, Runnable> listeners = new ConcurrentHashMap<>();
    private final Queue<Throwable> failures = new ArrayDeque<>();
    private final AtomicInteger starts = new AtomicInteger();

    @Override
    public boolean supports(DataSourceSpec.Connection connection) {
        return true;
    }

    @Override
    public void start(SourceBinding binding) {
        starts.incrementAndGet();
        switch (nextFailure()) {
            case null -> {}
            case Error error -> throw error;
            case Throwable failure -> throw (MillraceException) failure;
        }
        bindings.put(binding.source(), binding);
    }

    private @Nullable Throwable nextFailure() {
        synchronized (failures) {
            return failures.poll();
        }
    }

    @Override
    public SourceState state(ResourceKey source, Runnable changed) {
        listeners.put(source, changed);
        return states.getOrDefault(source, SourceState.LISTENING);
    }

    /** Has it say from now on that it goes so for a data source. */
    public void say(ResourceKey source, SourceState state) {
        states.put(source, state);
        Runnable changed = listeners.get(source);
        if (changed != null) {
            changed.run();
        }
    }

    @Override
    public void stop(ResourceKey source) {
        bindings.remove(source);
    }

    /** Makes the next start fail; several in a row are allowed. */
    public void failNext(MillraceException failure) {
        synchronized (failures) {
            failures.add(failure);
        }
    }

    /** Makes the next start fail as a virtual machine or a native library does. */
    public void failNext(Error failure) {
        synchronized (failures) {
            failures.add(failure);
        }
    }

    /** What a data source is bound to; empty when it takes no data. */
    public Optional<SourceBinding> binding(ResourceKey source) {
        return Optional.ofNullable(bindings.get(source));
    }

    /** How often a start was tried. */
    public int starts() {
        return starts.get();
    }
}
