package io.millrace.testkit;

import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.ResourceKey;
import io.millrace.api.TrafficRule;
import io.millrace.spi.ModelHost;
import io.millrace.spi.TrafficReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** A model host whose verdicts a test decides; versions stay pending until then. */
public final class FakeModelHost implements ModelHost {
    private static final String BLOB = "blob:sha256:";
    private final Map<ResourceKey, Served> models = new ConcurrentHashMap<>();
    private final Map<Version, Verdict> verdicts = new ConcurrentHashMap<>();
    private final Map<ResourceKey, Integer> insteadOfProduction = new ConcurrentHashMap<>();
    private final Map<ResourceKey, String> remarks = new ConcurrentHashMap<>();
    private final Map<ResourceKey, TrafficReport> reports = new ConcurrentHashMap<>();
    private final Function<String, Verdict> byContent;

    /** Decides nothing by itself. */
    public FakeModelHost() {
        this(_ -> new Verdict(State.PENDING, ""));
    }

    /**
     * Decides by what the archive holds.
     *
     * @param byContent gives the verdict for the hash of an archive
     */
    public FakeModelHost(Function<String, Verdict> byContent) {
        this.byContent = byContent;
    }

    /** What becomes of a version. */
    public record Verdict(State state, String message) {}

    @Override
    public void serve(ResourceKey model, ModelSpec spec, Runnable changed) {
        models.put(model, new Served(spec, changed));
    }

    @Override
    public List<ModelVersionStatus> observe(ResourceKey model) {
        Served served = models.get(model);
        return served == null
                ? List.of()
                : served.spec().versions().stream().map(v -> status(model, v)).toList();
    }

    private ModelVersionStatus status(ResourceKey model, ModelSpec.Version version) {
        String sha256 = version.uri().replace(BLOB, "");
        Verdict verdict = verdicts.get(new Version(model, version.version()));
        if (verdict == null) {
            verdict = byContent.apply(sha256);
        }
        return new ModelVersionStatus(
                version.version(),
                verdict.state(),
                verdict.message(),
                sha256,
                0,
                "",
                version.uri(),
                List.of(),
                verdict.state() == State.READY);
    }

    @Override
    public OptionalInt serving(ResourceKey model) {
        Served served = models.get(model);
        if (served == null) {
            return OptionalInt.empty();
        }
        List<Integer> ready =
                observe(model).stream()
                        .filter(version -> version.state() == State.READY)
                        .map(ModelVersionStatus::version)
                        .toList();
        if (served.spec().traffic() instanceof TrafficRule.Pinned(int pinned)) {
            return ready.contains(pinned) ? OptionalInt.of(pinned) : OptionalInt.empty();
        }
        Integer production = served.spec().aliases().get("production");
        Integer wanted =
                production == null || ready.contains(production)
                        ? production
                        : insteadOfProduction.get(model);
        return ready.stream()
                .mapToInt(version -> version)
                .filter(version -> wanted == null ? production == null : version == wanted)
                .max();
    }

    /** Lets a version answer while that of the alias {@code production} is not ready. */
    public void serveInstead(ResourceKey model, int version) {
        insteadOfProduction.put(model, version);
        Served served = models.get(model);
        if (served != null) {
            served.changed().run();
        }
    }

    @Override
    public String remark(ResourceKey model) {
        return remarks.getOrDefault(model, "");
    }

    /** Says why something is not as the spec wants, and tells who waits for that. */
    public void remark(ResourceKey model, String remark) {
        remarks.put(model, remark);
        Served served = models.get(model);
        if (served != null) {
            served.changed().run();
        }
    }

    @Override
    public Optional<TrafficReport> traffic(ResourceKey model) {
        return models.containsKey(model)
                ? Optional.of(
                        reports.getOrDefault(model, new TrafficReport(List.of(), Optional.empty())))
                : Optional.empty();
    }

    /** What {@link #traffic} says from now on. */
    public void report(ResourceKey model, TrafficReport report) {
        reports.put(model, report);
    }

    @Override
    public void remove(ResourceKey model) {
        models.remove(model);
    }

    /** Whether it serves a model. */
    public boolean isServing(ResourceKey model) {
        return models.containsKey(model);
    }

    /** Decides about a version and tells who waits for that. */
    public void decide(ResourceKey model, int version, State state, String message) {
        verdicts.put(new Version(model, version), new Verdict(state, message));
        Served served = models.get(model);
        if (served != null) {
            served.changed().run();
        }
    }

    private record Served(ModelSpec spec, Runnable changed) {}

    private record Version(ResourceKey model, int number) {}
}
