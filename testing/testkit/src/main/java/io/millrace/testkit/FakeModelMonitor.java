package io.millrace.testkit;

import io.millrace.api.ModelSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.DriftReport;
import io.millrace.spi.DriftReport.State;
import io.millrace.spi.DriftReport.VersionDrift;
import io.millrace.spi.ModelMonitor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A monitor that reports what a test says. */
public final class FakeModelMonitor implements ModelMonitor {

    private record Watched(ModelSpec spec, Runnable changed) {}

    private final Map<ResourceKey, Watched> watched = new ConcurrentHashMap<>();
    private final Map<ResourceKey, List<VersionDrift>> seen = new ConcurrentHashMap<>();

    @Override
    public void watch(ResourceKey model, ModelSpec spec, Runnable changed) {
        if (spec.monitor().isPresent()) {
            watched.put(model, new Watched(spec, changed));
        } else {
            remove(model);
        }
    }

    @Override
    public Optional<DriftReport> report(ResourceKey model) {
        return Optional.ofNullable(watched.get(model))
                .flatMap(known -> known.spec().monitor())
                .map(monitor -> new DriftReport(monitor, seen.getOrDefault(model, List.of()), 0));
    }

    @Override
    public void remove(ResourceKey model) {
        watched.remove(model);
        seen.remove(model);
    }

    /** Reports a version as being in a state, and tells who waits for that. */
    public void see(ResourceKey model, int version, State state, String message) {
        see(
                model,
                new VersionDrift(
                        version, state, message, 100, 100, 3, 0, 0, List.of(), Optional.empty()));
    }

    /** Reports one version, and tells who waits for that. */
    public void see(ResourceKey model, VersionDrift version) {
        seen.put(model, List.of(version));
        Watched known = watched.get(model);
        if (known != null) {
            known.changed().run();
        }
    }
}
