package io.millrace.testkit;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.DatasetHost;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Datasets that hold what a test says. */
public final class FakeDatasetHost implements DatasetHost {

    private final Map<ResourceKey, Runnable> checked = new ConcurrentHashMap<>();
    private final Map<ResourceKey, State> states = new ConcurrentHashMap<>();

    @Override
    public void check(ResourceKey dataset, DatasetSpec spec, Runnable changed) {
        checked.put(dataset, changed);
    }

    @Override
    public Optional<State> observe(ResourceKey dataset) {
        return Optional.ofNullable(states.get(dataset));
    }

    @Override
    public void remove(ResourceKey dataset) {
        checked.remove(dataset);
        states.remove(dataset);
    }

    /** Whether it is known. */
    public boolean knows(ResourceKey dataset) {
        return checked.containsKey(dataset);
    }

    /** Finds something, and tells who waits for that. */
    public void find(ResourceKey dataset, State state) {
        states.put(dataset, state);
        Runnable changed = checked.get(dataset);
        if (changed != null) {
            changed.run();
        }
    }
}
