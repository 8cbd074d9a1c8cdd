package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.HeldBackMetric;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.MillraceException;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.api.Revision;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.TrainingRunSpec;
import io.millrace.spi.EventLog;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.RunReport;
import io.millrace.spi.StreamLog;
import io.millrace.store.ResourceStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Trains experiments again by themselves: waits for what begins a round, makes its dataset, and has
 * it settled when its runs have ended. Each step is found again from the store after a crash.
 *
 * <pre>
 *   waits ──records, drift──▶ dataset of the round ──▶ runs ──ended──▶ settled ──▶ waits
 * </pre>
 */
final class Retraining {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(3);

    private final ResourceStore store;
    private final StreamLog log;
    private final RunModels models;
    private final RetrainSettling settling;
    private final EventLog events;

    Retraining(
            ResourceStore store,
            StreamLog log,
            RunModels models,
            RetrainSettling settling,
            EventLog events) {
        this.store = store;
        this.log = log;
        this.models = models;
        this.settling = settling;
        this.events = events;
    }

    /**
     * What an experiment does whose runs of a round have all ended.
     *
     * @param base the dataset from which the rounds began
     * @param runs of the round
     * @param details of the status, which hold its memory
     */
    Observation goOn(
            Reconciler.Request<ExperimentSpec> request,
            ResourceName base,
            RetrainRound round,
            List<Resource<TrainingRunSpec>> runs,
            Map<String, String> details) {
        RetrainSpec spec = request.spec().retrain().orElseThrow();
        var memory = new RetrainMemory(details);
        Optional<Observation> hindrance =
                hindrance(request, spec, base).or(() -> denied(request, base, round));
        if (hindrance.isPresent()) {
            return hindrance.get().withDetails(details);
        }
        Optional<DatasetSpec> trained =
                dataset(request, round.dataset()).map(dataset -> closed(dataset.spec(), runs));
        if (!memory.isSettled(round)) {
            Optional<Observation> underWay =
                    settling.settle(
                            new RetrainSettling.Ended(request, spec, round, trained, runs), memory);
            if (underWay.isPresent()) {
                return underWay.get().withDetails(details);
            }
            trained.ifPresent(samples -> memory.trainedOn(samples.ranges()));
            if (round.number() == 0) {
                trained.filter(DatasetSpec::isClosed)
                        .ifPresent(samples -> memory.firstRanges(samples.ranges()));
            }
            // First it is kept what came of it; then the log is asked, which may be away.
            return waiting(spec, "", memory).withAgain(Duration.ZERO).withDetails(details);
        }
        tidy(request, round);
        return await(request, base, trained, memory).withDetails(details);
    }

    /** What makes it impossible, as long as nobody changes it. */
    private static Optional<Observation> hindrance(
            Reconciler.Request<ExperimentSpec> request, RetrainSpec spec, ResourceName base) {
        if (HeldBackMetric.find(spec.metric()).isEmpty()) {
            return Optional.of(
                    Observation.notReady(
                            "UnknownMetric",
                            "versions cannot be compared by '%s'; expected one of %s"
                                    .formatted(spec.metric(), HeldBackMetric.known())));
        }
        boolean isLive =
                request.spec().online().isPresent()
                        || dataset(request, base)
                                .flatMap(Announced::of)
                                .filter(Announced::isLive)
                                .isPresent();
        return isLive
                ? Optional.of(
                        Observation.notReady(
                                "LiveStream",
                                "it learns from a live stream as it comes: 'retrain' needs a dataset with an end"))
                : Optional.empty();
    }

    /** A dataset may have been changed since its runs ended: samples are read as its project. */
    private static Optional<Observation> denied(
            Reconciler.Request<ExperimentSpec> request, ResourceName base, RetrainRound round) {
        return Stream.of(base, round.dataset())
                .flatMap(name -> dataset(request, name).stream())
                .flatMap(found ->
                        DatasetReconciler.readingProblem(request.key().project(), found.spec())
                                .stream())
                .findFirst()
                .map(problem -> Observation.notReady("Denied", problem));
    }

    private static Optional<Resource<DatasetSpec>> dataset(
            Reconciler.Request<ExperimentSpec> request, ResourceName name) {
        return request.image()
                .find(
                        ResourceKey.of(Kind.DATASET, request.key().project(), name),
                        DatasetSpec.class);
    }

    /** With the ends that its runs have found where it says none. */
    private DatasetSpec closed(DatasetSpec spec, List<Resource<TrainingRunSpec>> runs) {
        if (spec.isClosed()) {
            return spec;
        }
        return runs.stream()
                .flatMap(run -> models.report(run.key()).stream())
                .flatMap(report -> ranges(report).stream())
                .findFirst()
                .map(ranges ->
                        spec.with(
                                ranges,
                                spec.unlabelled().stream().filter(TopicRange::isClosed).toList(),
                                spec.split()))
                .orElse(spec);
    }

    private static Optional<List<TopicRange>> ranges(RunReport report) {
        String text = report.lineage().getOrDefault("ranges", "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        List<TopicRange> ranges =
                Arrays.stream(text.split(", ", -1)).map(TopicRange::parse).toList();
        return ranges.stream().allMatch(TopicRange::isClosed)
                ? Optional.of(ranges)
                : Optional.empty();
    }

    private void tidy(Reconciler.Request<ExperimentSpec> request, RetrainRound round) {
        RetrainRound.leftovers(request.resource(), round, request.image())
                .forEach(key -> store.delete(key, Optional.empty()));
    }

    private Observation await(
            Reconciler.Request<ExperimentSpec> request,
            ResourceName base,
            Optional<DatasetSpec> trained,
            RetrainMemory memory) {
        RetrainSpec spec = request.spec().retrain().orElseThrow();
        Optional<Resource<DatasetSpec>> declared = dataset(request, base);
        if (declared.isEmpty()) {
            return Observation.notReady(
                    "UnknownDataset",
                    "dataset '%s', from which it trains again, does not exist".formatted(base));
        }
        DatasetSpec first = first(declared.get().spec(), memory);
        DatasetSpec last = trained.orElse(first);
        var ranges =
                new RetrainRanges(
                        first, last, memory.positions(), held(RetrainRanges.topics(first)));
        memory.positions(ranges.positions());
        Optional<String> change = ranges.whyClassesWouldChange(spec.window());
        if (change.isPresent()) {
            return Observation.notReady(
                    "ClassesWouldChange",
                    "labels are texts, and %s: then classes get other numbers; send labels as numbers"
                            .formatted(change.get()));
        }
        long least = RetrainRanges.least(first);
        String drift = RetrainTrigger.drift(spec, request.key(), request.image(), memory);
        memory.progress(ranges.fresh(), RetrainTrigger.needed(spec, least, drift));
        Optional<RetrainTrigger> due = RetrainTrigger.due(spec, ranges.fresh(), least, drift);
        return due.isPresent()
                ? begin(request, base, due.get(), ranges, memory)
                : waiting(spec, drift, memory);
    }

    /** With the ends that the first training has found, and without what it held back. */
    private static DatasetSpec first(DatasetSpec declared, RetrainMemory memory) {
        SplitSpec split = declared.split();
        List<TopicRange> ranges =
                declared.isClosed()
                        ? declared.ranges()
                        : memory.firstRanges().orElse(declared.ranges());
        return declared.with(
                ranges,
                declared.unlabelled(),
                new SplitSpec(split.validation(), split.test(), split.order(), split.seed()));
    }

    private Map<LogPartition, OffsetRange> held(Set<String> topics) {
        try (LogReader reader = log.reader(1)) {
            return new TreeMap<>(reader.ranges(topics));
        }
    }

    private Observation begin(
            Reconciler.Request<ExperimentSpec> request,
            ResourceName base,
            RetrainTrigger trigger,
            RetrainRanges ranges,
            RetrainMemory memory) {
        RetrainSpec spec = request.spec().retrain().orElseThrow();
        long number =
                Math.max(
                        RetrainRound.next(request.resource(), request.image()),
                        1 + memory.round().map(RetrainRound::number).orElse(0L));
        DatasetSpec samples =
                ranges.next(
                        spec.window(),
                        "round %d of %s, begun by %s"
                                .formatted(number, request.key().label(), trigger.words()));
        Manifest<DatasetSpec> manifest =
                RetrainRound.dataset(
                        request.resource(),
                        base,
                        number,
                        trigger.drift(),
                        samples,
                        request.image());
        try {
            store.put(manifest, Optional.of(Revision.NONE));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.CONFLICT) {
                throw e;
            }
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, manifest.key() + " was made by somebody else", e);
        }
        memory.begun(trigger.words());
        events.record(
                request.key(),
                EventLog.Severity.NORMAL,
                "RetrainBegun",
                "round %d, by %s, on %s".formatted(number, trigger.words(), manifest.key().name()));
        return Observation.notReady("Training", "round %d begins".formatted(number))
                .withAgain(Duration.ZERO);
    }

    private static Observation waiting(RetrainSpec spec, String drift, RetrainMemory memory) {
        var next = new StringBuilder("trains again ");
        if (!drift.isEmpty()) {
            next.append(
                    "as soon as enough new records are there, for model '%s' has drifted"
                            .formatted(spec.onDriftOf().orElseThrow()));
        } else {
            spec.every().ifPresent(every -> next.append("after %d new records".formatted(every)));
            spec.onDriftOf()
                    .ifPresent(model ->
                            next.append(spec.every().isPresent() ? " or " : "")
                                    .append("when model '%s' drifts".formatted(model)));
        }
        String message = memory.result() + "; " + next;
        Observation seen =
                memory.hasFailed()
                        ? Observation.notReady("RetrainFailed", message)
                        : Observation.ready("Waiting", message);
        return seen.withAgain(BETWEEN_LOOKS);
    }
}
