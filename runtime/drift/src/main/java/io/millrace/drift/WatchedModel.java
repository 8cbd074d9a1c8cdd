package io.millrace.drift;

import io.millrace.api.MillraceException;
import io.millrace.api.ModelSpec;
import io.millrace.api.MonitorSpec;
import io.millrace.api.MonitorSpec.ClassTarget;
import io.millrace.api.MonitorSpec.FirstRecords;
import io.millrace.api.MonitorSpec.Labels;
import io.millrace.api.MonitorSpec.NumberTarget;
import io.millrace.api.MonitorSpec.SameAsVersion;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.JsonFields;
import io.millrace.spi.DriftReport;
import io.millrace.spi.DriftReport.LiveQuality;
import io.millrace.spi.DriftReport.State;
import io.millrace.spi.DriftReport.VersionDrift;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Meters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All that is seen of one model: a watch for each version, and the join with labels. */
final class WatchedModel {

    private static final Logger LOG = LoggerFactory.getLogger(WatchedModel.class);

    /** A handful of right answers says nothing about who is better. */
    private static final int LEAST_TO_JUDGE = 100;

    /** What happened to a version that somebody should hear of. */
    sealed interface Happening {
        /** To which version. */
        int version();
    }

    record FirstCall(int version) implements Happening {}

    record ReferenceComplete(int version, long records) implements Happening {}

    record Drifted(int version, String message) implements Happening {}

    record DriftEnded(int version) implements Happening {}

    record WorseThanNaive(int version, LiveQuality quality) implements Happening {}

    private final ResourceKey key;
    private final Path folder;
    private final TimeSource time;
    private final DriftMeters meters;
    private final TreeMap<Integer, VersionWatch> versions = new TreeMap<>();
    private final Set<Integer> unsaved = new HashSet<>();
    private final Set<Integer> worseThanNaive = new HashSet<>();
    private ModelSpec model;
    private volatile MonitorSpec spec;
    private @Nullable LabelJoin join;
    private Runnable changed;

    /** Then a call that is being looked at must not bring back files and metrics. */
    private boolean isForgotten;

    WatchedModel(
            ResourceKey key,
            ModelSpec model,
            MonitorSpec spec,
            Path folder,
            Meters meters,
            TimeSource time,
            Runnable changed) {
        this.key = key;
        this.model = model;
        this.spec = spec;
        this.folder = folder;
        this.time = time;
        this.meters = new DriftMeters(key, meters, this);
        this.changed = changed;
        this.join = spec.labels().map(LabelJoin::new).orElse(null);
    }

    ResourceKey key() {
        return key;
    }

    MonitorSpec spec() {
        return spec;
    }

    DriftMeters meters() {
        return meters;
    }

    /** Tells that {@link #report} shows another state. */
    void tellChanged() {
        Runnable told;
        synchronized (this) {
            told = changed;
        }
        told.run();
    }

    /** Reads what an earlier process kept. */
    synchronized void load() {
        for (ModelSpec.Version version : model.versions()) {
            int number = version.version();
            try {
                VersionWatch.Memory memory = WatchFile.read(file(number));
                if (memory != null) {
                    put(number, VersionWatch.of(memory));
                }
            } catch (MillraceException e) {
                LOG.warn(
                        "what was seen of {} version {} is lost, its reference is learnt anew: {}",
                        key,
                        number,
                        e.text());
            }
        }
    }

    private void put(int version, VersionWatch watch) {
        versions.put(version, watch);
        meters.register(version, watch.layout().features(), spec.labels().isPresent());
    }

    /** Takes another declaration; references stay, unless they are to be of another size. */
    synchronized void declare(ModelSpec newModel, MonitorSpec newSpec, Runnable whenChanged) {
        boolean isSameReference = newSpec.reference().equals(spec.reference());
        if (!newSpec.labels().equals(spec.labels())) {
            join = newSpec.labels().map(LabelJoin::new).orElse(null);
            worseThanNaive.clear();
        }
        model = newModel;
        spec = newSpec;
        changed = whenChanged;
        for (int number : List.copyOf(versions.keySet())) {
            if (newModel.version(number).isEmpty() || !isSameReference) {
                versions.remove(number);
                unsaved.remove(number);
                Folders.delete(file(number));
            }
        }
        versions.forEach((number, watch) ->
                meters.register(number, watch.layout().features(), spec.labels().isPresent()));
    }

    /** Looks at a call; returns what happened by it. */
    synchronized List<Happening> look(ObservedCall call) {
        var happenings = new ArrayList<Happening>();
        if (isForgotten || model.version(call.version()).isEmpty()) {
            return happenings;
        }
        VersionWatch watch = versions.get(call.version());
        if (watch == null) {
            watch = new VersionWatch(call.signature());
            put(call.version(), watch);
            happenings.add(new FirstCall(call.version()));
        }
        if (!watch.layout().signature().equals(call.signature().name())) {
            meters.otherSignature().increment();
            return happenings;
        }
        if (!watch.signature().equals(call.signature())) {
            // Another content under the same number: what was learnt is of something else.
            watch = new VersionWatch(call.signature());
            put(call.version(), watch);
        }
        int items = watch.layout().items(call.inputs());
        for (int item = 0; item < items; item++) {
            adoptReference(call.version(), watch, happenings);
            State before = watch.state();
            if (watch.add(call, items, item, spec, wanted(call.version()))) {
                note(call.version(), before, watch, happenings);
            }
        }
        unsaved.add(call.version());
        meters.records().add(items);
        joinPredictions(call, items, happenings);
        return happenings;
    }

    /** How many records a version's reference takes; 0 when it takes that of another one. */
    private int wanted(int version) {
        return switch (spec.reference()) {
            case FirstRecords(int records) -> records;
            case SameAsVersion(int other) -> other == version ? MonitorSpec.DEFAULT_REFERENCE : 0;
        };
    }

    private void adoptReference(int version, VersionWatch watch, List<Happening> happenings) {
        if (watch.reference() == null
                && spec.reference() instanceof SameAsVersion(int number)
                && number != version) {
            VersionWatch other = versions.get(number);
            Sketches reference = other == null ? null : other.reference();
            if (other != null
                    && reference != null
                    && other.layout().features().equals(watch.layout().features())) {
                watch.adopt(reference);
                happenings.add(new ReferenceComplete(version, reference.records()));
            }
        }
    }

    private static void note(
            int version, State before, VersionWatch watch, List<Happening> happenings) {
        happenings.add(
                switch (watch.state()) {
                    case DRIFTED -> new Drifted(version, watch.message());
                    case STEADY, LEARNING ->
                            before == State.DRIFTED
                                    ? new DriftEnded(version)
                                    : new ReferenceComplete(version, watch.referenceRecords());
                });
    }

    private void joinPredictions(ObservedCall call, int items, List<Happening> happenings) {
        LabelJoin joined = join;
        Labels labels = spec.labels().orElse(null);
        if (joined == null || labels == null || call.records().length != items) {
            return;
        }
        for (int item = 0; item < items; item++) {
            LogRecord record = call.records()[item];
            if (record == null) {
                continue;
            }
            String recordKey = key(record, labels, fields(record, labels));
            double value = predicted(call, items, item, labels);
            if (recordKey == null || Double.isNaN(value)) {
                joined.invalid();
                continue;
            }
            joined.predicted(
                    new LabelJoin.Prediction(
                            recordKey,
                            call.version(),
                            new LabelJoin.Place(record.partition(), record.offset()),
                            record.timestampMillis(),
                            value),
                    time.epochMillis());
        }
        judge(call.version(), joined, happenings);
    }

    private static double predicted(ObservedCall call, int items, int item, Labels labels) {
        if (call.outputs().isEmpty()) {
            return Double.NaN;
        }
        ItemTensor output = ItemTensor.of(call.outputs().getFirst(), items, item);
        return switch (labels.target()) {
            case NumberTarget(int element) ->
                    element < output.count() ? output.get(element) : Double.NaN;
            case ClassTarget _ -> output.count() == 0 ? Double.NaN : output.predictedClass();
        };
    }

    /** Takes a record of the stream of labels; returns what happened by it. */
    synchronized List<Happening> labelled(LogRecord record) {
        var happenings = new ArrayList<Happening>();
        LabelJoin joined = join;
        Labels labels = spec.labels().orElse(null);
        if (isForgotten || joined == null || labels == null) {
            return happenings;
        }
        meters.labels().increment();
        Map<String, String> fields = fields(record, labels);
        String recordKey = key(record, labels, fields);
        String text = fields.get(labels.value());
        if (recordKey == null || text == null) {
            joined.invalid();
            return happenings;
        }
        String series = labels.series().map(fields::get).orElse(recordKey);
        joined.labelled(
                new LabelJoin.Label(
                        recordKey,
                        series == null ? "" : series,
                        new LabelJoin.Place(record.partition(), record.offset()),
                        record.timestampMillis(),
                        text),
                time.epochMillis());
        versions.keySet().forEach(version -> judge(version, joined, happenings));
        return happenings;
    }

    /** Says once that a guess would do better, and again after it did not for a while. */
    private void judge(int version, LabelJoin joined, List<Happening> happenings) {
        LiveQuality quality = joined.report(version);
        if (quality.compared() < LEAST_TO_JUDGE) {
            return;
        }
        if (!quality.error().isWorseThanNaive()) {
            worseThanNaive.remove(version);
        } else if (worseThanNaive.add(version)) {
            happenings.add(new WorseThanNaive(version, quality));
        }
    }

    private static Map<String, String> fields(LogRecord record, Labels labels) {
        var wanted = new HashSet<String>();
        wanted.add(labels.value());
        labels.key().ifPresent(wanted::add);
        labels.series().ifPresent(wanted::add);
        try {
            return JsonFields.of(record.value(), wanted);
        } catch (MillraceException _) {
            return Map.of(); // counted as unusable by who asked
        }
    }

    private static @Nullable String key(
            LogRecord record, Labels labels, Map<String, String> fields) {
        if (labels.key().isPresent()) {
            return fields.get(labels.key().get());
        }
        byte[] bytes = record.key();
        return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Keeps what changed since the last time. */
    void save() {
        Map<Integer, VersionWatch> changedWatches = new TreeMap<>();
        synchronized (this) {
            unsaved.forEach(version -> {
                VersionWatch watch = versions.get(version);
                if (watch != null) {
                    changedWatches.put(version, watch);
                }
            });
            unsaved.clear();
            changedWatches.forEach(this::save);
        }
    }

    private void save(int version, VersionWatch watch) {
        try {
            WatchFile.write(file(version), watch.memory());
        } catch (MillraceException e) {
            unsaved.add(version);
            LOG.warn("what was seen of {} version {} is not kept: {}", key, version, e.text());
        }
    }

    private Path file(int version) {
        return folder.resolve("version-" + version);
    }

    /** Removes what was kept. */
    synchronized void forget() {
        isForgotten = true;
        versions.clear();
        unsaved.clear();
        meters.forget();
    }

    /** The distance of a feature in the last window of a version. */
    synchronized double distance(int version, int feature) {
        VersionWatch watch = versions.get(version);
        return watch == null ? Double.NaN : watch.distance(feature);
    }

    /** Whether a version has drifted. */
    synchronized boolean isDrifted(int version) {
        VersionWatch watch = versions.get(version);
        return watch != null && watch.state() == State.DRIFTED;
    }

    /** How predictions of a version compare with labels; empty when none are declared. */
    synchronized Optional<LiveQuality> quality(int version) {
        LabelJoin joined = join;
        return joined == null ? Optional.empty() : Optional.of(joined.report(version));
    }

    /** Labels without prediction, those that made room for others, and those of no use. */
    synchronized long lostLabels(DriftMeters.Loss loss) {
        LabelJoin joined = join;
        if (joined == null) {
            return 0;
        }
        return switch (loss) {
            case UNMATCHED -> joined.unmatched();
            case EVICTED -> joined.evicted();
            case INVALID -> joined.unusable();
        };
    }

    /** Gives up what waited for too long although nothing comes any more. */
    synchronized void expire() {
        LabelJoin joined = join;
        if (joined != null) {
            joined.expire(time.epochMillis());
        }
    }

    synchronized DriftReport report() {
        var seen = new ArrayList<VersionDrift>();
        versions.forEach((version, watch) -> seen.add(report(version, watch)));
        return new DriftReport(spec, seen, meters.skipped().value());
    }

    private VersionDrift report(int version, VersionWatch watch) {
        return new VersionDrift(
                version,
                watch.state(),
                watch.state() == State.LEARNING ? learning(version, watch) : watch.message(),
                watch.referenceRecords(),
                watch.reference() == null ? wanted(version) : watch.referenceRecords(),
                watch.windows(),
                watch.windowRecords(),
                watch.distance(),
                watch.features(spec),
                quality(version));
    }

    /** The same text as long as nothing changes: it is a part of the model's status. */
    private String learning(int version, VersionWatch watch) {
        if (!(spec.reference() instanceof SameAsVersion(int number)) || number == version) {
            return "the reference takes the first %d records of version %d"
                    .formatted(wanted(version), version);
        }
        VersionWatch other = versions.get(number);
        if (other != null && !other.layout().features().equals(watch.layout().features())) {
            return "version %d has other inputs or outputs than version %d, whose reference it shall"
                            .formatted(version, number)
                    + " take; set reference.records";
        }
        return "it waits for the reference of version %d, which is not complete".formatted(number);
    }
}
