package io.millrace.control;

import io.millrace.api.Condition;
import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.HeldBackMetric;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.ModelVersionStatus.State;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.api.TrafficRule;
import io.millrace.api.TrainingRunSpec;
import io.millrace.control.PromotionRule.Decision;
import io.millrace.spi.EventLog;
import io.millrace.spi.EventLog.Severity;
import io.millrace.spi.TrainingState.Phase;
import io.millrace.spi.VersionJudge;
import io.millrace.spi.VersionJudge.Failed;
import io.millrace.spi.VersionJudge.Judged;
import io.millrace.spi.VersionJudge.Trial;
import io.millrace.spi.VersionJudge.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * Settles a round whose runs have ended: the best of them becomes a version, is compared with those
 * that serve, and takes over or not.
 *
 * <pre>
 *   runs ended ──▶ version registered ──▶ tried out ──▶ compared ──▶ promoted, kept or rolled back
 *        └─ none finished ─▶ failed          └─ rejected ─▶ kept
 * </pre>
 *
 * A round that was settled is not settled again; one that a crash cut short is gone on with: the
 * same content is the same version, and the same samples give the same verdict.
 */
final class RetrainSettling {
    private final RetrainedVersions versions;
    private final RunModels models;
    private final VersionJudge judge;
    private final EventLog events;

    RetrainSettling(
            RetrainedVersions versions, RunModels models, VersionJudge judge, EventLog events) {
        this.versions = versions;
        this.models = models;
        this.judge = judge;
        this.events = events;
    }

    /**
     * A round whose runs have ended.
     *
     * @param request for its experiment
     * @param spec the rule
     * @param round which
     * @param samples on which its runs trained; empty when nobody knows any more
     * @param runs all of it
     */
    record Ended(
            Reconciler.Request<ExperimentSpec> request,
            RetrainSpec spec,
            RetrainRound round,
            Optional<DatasetSpec> samples,
            List<Resource<TrainingRunSpec>> runs) {
        ResourceKey experiment() {
            return request.key();
        }

        ResourceKey model() {
            return ResourceKey.of(Kind.MODEL, experiment().project(), spec.model());
        }

        HeldBackMetric metric() {
            return HeldBackMetric.find(spec.metric()).orElseThrow();
        }
    }

    /** Forgets what is under way for an experiment that is gone. */
    void remove(ResourceKey experiment) {
        judge.remove(experiment);
    }

    /**
     * Goes one step on.
     *
     * @return how it stands while it is not settled; empty when it is, and the memory says how
     * @throws MillraceException transient, when it is to be tried again
     */
    Optional<Observation> settle(Ended ended, RetrainMemory memory) {
        List<Resource<TrainingRunSpec>> finished = RetrainRound.finished(ended.runs());
        if (finished.isEmpty()) {
            return fail(ended, memory, "no run has made a model: " + reasons(ended.runs()));
        }
        if (memory.candidate().isEmpty()) {
            ResourceKey best = best(ended, finished);
            try {
                memory.candidate(versions.register(best, ended.model()), best.name().value());
            } catch (MillraceException e) {
                if (e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.OVERLOADED) {
                    throw e;
                }
                return fail(ended, memory, "no version could be made of it: " + e.text());
            }
        }
        return compare(ended, memory.candidate().getAsInt(), memory);
    }

    /** By what they reported of their own test samples, which are the same; the first of equals. */
    private ResourceKey best(Ended ended, List<Resource<TrainingRunSpec>> finished) {
        HeldBackMetric metric = ended.metric();
        List<ResourceName> order = ended.request().spec().definitions();
        Comparator<Resource<TrainingRunSpec>> byMetric =
                Comparator.comparingDouble(run -> {
                    double value = reported(run.key(), metric);
                    return ended.spec().isUpward() ? -value : value;
                });
        return finished.stream()
                .min(byMetric.thenComparingInt(run -> order.indexOf(run.spec().definition())))
                .orElseThrow()
                .key();
    }

    /** What was not reported is the worst there is. */
    private double reported(ResourceKey run, HeldBackMetric metric) {
        Map<String, Double> test = models.report(run).map(report -> report.test()).orElse(Map.of());
        return metric.names().stream()
                .map(test::get)
                .filter(Objects::nonNull)
                .filter(Double::isFinite)
                .findFirst()
                .orElse(Double.NaN);
    }

    private Optional<Observation> compare(Ended ended, int candidate, RetrainMemory memory) {
        Optional<Resource<ModelSpec>> found =
                ended.request().image().find(ended.model(), ModelSpec.class);
        if (found.isEmpty() || found.get().spec().version(candidate).isEmpty()) {
            return wasRegistered(ended, candidate, memory);
        }
        State state = versions.state(ended.model(), candidate);
        if (state == State.REJECTED) {
            return keep(
                    ended,
                    memory,
                    "version %d was rejected: %s"
                            .formatted(candidate, versions.message(ended.model(), candidate)));
        }
        if (state != State.READY) {
            return underWay("version %d of %s is tried out".formatted(candidate, label(ended)));
        }
        ModelSpec spec = found.get().spec();
        Integer production = spec.aliases().get(ModelSpec.PRODUCTION);
        if (production == null || spec.version(production).isEmpty()) {
            versions.promote(found.get(), candidate, OptionalInt.empty());
            return promoted(ended, memory, candidate, "no version was in production before it");
        }
        if (production == candidate) {
            memory.promoted(candidate);
            memory.settle(ended.round(), "version %d is in production".formatted(candidate));
            return Optional.empty();
        }
        if (spec.traffic() instanceof TrafficRule.Pinned(int pinned)) {
            return keep(
                    ended,
                    memory,
                    "version %d waits: the traffic is pinned to version %d"
                            .formatted(candidate, pinned));
        }
        return judge(ended, found.get(), candidate, production, memory);
    }

    /** The image is older than the version, or somebody has removed it. */
    private Optional<Observation> wasRegistered(Ended ended, int candidate, RetrainMemory memory) {
        boolean isGone = versions.isGone(ended.model(), candidate);
        return isGone
                ? fail(ended, memory, "version %d was removed".formatted(candidate))
                : underWay("version %d of %s was registered".formatted(candidate, label(ended)));
    }

    private Optional<Observation> judge(
            Ended ended,
            Resource<ModelSpec> model,
            int candidate,
            int production,
            RetrainMemory memory) {
        if (ended.samples().isEmpty() || !ended.samples().get().isClosed()) {
            return keep(ended, memory, "its dataset is gone: there are no samples to compare with");
        }
        OptionalInt previous = previous(model, candidate, production, memory);
        var asked = new ArrayList<>(List.of(candidate, production));
        previous.ifPresent(asked::add);
        var trial = new Trial(ended.samples().get(), ended.model(), asked, ended.metric());
        judge.judge(ended.experiment(), trial, ended.request().changed());
        Optional<Verdict> verdict = judge.observe(ended.experiment(), trial);
        if (verdict.isEmpty()) {
            return underWay(
                    "versions %s of %s answer held-back samples".formatted(asked, label(ended)));
        }
        return switch (verdict.get()) {
            case Failed(String message, boolean isTransient) -> {
                judge.remove(ended.experiment());
                if (isTransient) {
                    throw new MillraceException(
                            ErrorCode.UNAVAILABLE, "versions cannot be compared now: " + message);
                }
                yield keep(ended, memory, "versions could not be compared: " + message);
            }
            case Judged judged -> {
                Decision decision =
                        new PromotionRule(ended.spec(), judged)
                                .decide(candidate, production, previous);
                Optional<Observation> done = apply(ended, model, candidate, decision, memory);
                judge.remove(ended.experiment());
                yield done;
            }
        };
    }

    /** Only what a round has put into production is a round's to take back. */
    private OptionalInt previous(
            Resource<ModelSpec> model, int candidate, int production, RetrainMemory memory) {
        Integer previous = model.spec().aliases().get(ModelSpec.PREVIOUS);
        if (previous == null || !memory.promoted().equals(OptionalInt.of(production))) {
            return OptionalInt.empty();
        }
        int version = previous;
        boolean mayReturn =
                version != candidate
                        && version != production
                        && versions.state(model.key(), version) == State.READY;
        return mayReturn ? OptionalInt.of(version) : OptionalInt.empty();
    }

    private Optional<Observation> apply(
            Ended ended,
            Resource<ModelSpec> model,
            int candidate,
            Decision decision,
            RetrainMemory memory) {
        return switch (decision.action()) {
            case PROMOTE -> {
                versions.promote(model, candidate, OptionalInt.of(decision.incumbent()));
                yield promoted(ended, memory, candidate, decision.why());
            }
            case KEEP -> keep(ended, memory, decision.why());
            case ROLL_BACK -> {
                versions.rollBack(model, decision.incumbent());
                memory.rolledBack();
                tell(
                        ended,
                        Severity.WARNING,
                        "RolledBack",
                        "to version %d: %s".formatted(decision.incumbent(), decision.why()));
                memory.settle(
                        ended.round(),
                        "rolled back to version %d: %s"
                                .formatted(decision.incumbent(), decision.why()));
                yield Optional.empty();
            }
        };
    }

    private Optional<Observation> promoted(
            Ended ended, RetrainMemory memory, int version, String why) {
        memory.promoted(version);
        tell(ended, Severity.NORMAL, "Promoted", "version %d: %s".formatted(version, why));
        memory.settle(
                ended.round(),
                "version %d was promoted: %s".formatted(version, why) + faults(ended));
        return Optional.empty();
    }

    private Optional<Observation> keep(Ended ended, RetrainMemory memory, String why) {
        tell(ended, Severity.NORMAL, "NotPromoted", why);
        memory.settle(ended.round(), "not promoted: " + why + faults(ended));
        return Optional.empty();
    }

    private Optional<Observation> fail(Ended ended, RetrainMemory memory, String why) {
        events.record(ended.experiment(), Severity.WARNING, "RetrainFailed", why);
        memory.fail(ended.round(), why);
        return Optional.empty();
    }

    private void tell(Ended ended, Severity severity, String reason, String message) {
        events.record(ended.experiment(), severity, reason, label(ended) + ", " + message);
        events.record(ended.model(), severity, reason, message);
    }

    /** Some runs may have failed although others have made models. */
    private static String faults(Ended ended) {
        List<Resource<TrainingRunSpec>> failed =
                ended.runs().stream().filter(run -> RunPhase.of(run) == Phase.FAILED).toList();
        return failed.isEmpty() ? "" : " (failed: " + reasons(failed) + ")";
    }

    private static String reasons(List<Resource<TrainingRunSpec>> runs) {
        return runs.stream()
                .map(run ->
                        run.key().name()
                                + ": "
                                + run.status()
                                        .condition(Condition.READY)
                                        .map(Condition::message)
                                        .orElse(""))
                .collect(Collectors.joining("; "));
    }

    private static String label(Ended ended) {
        return ended.model().label();
    }

    private static Optional<Observation> underWay(String message) {
        return Optional.of(Observation.notReady("Comparing", message));
    }
}
