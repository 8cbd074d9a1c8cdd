package io.millrace.drift;

import io.millrace.api.MonitorSpec.ClassTarget;
import io.millrace.api.MonitorSpec.Labels;
import io.millrace.api.MonitorSpec.NumberTarget;
import io.millrace.spi.DriftReport.LiveQuality;
import io.millrace.spi.LogPartition;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Brings predictions and the labels that come later together, by key. A label belongs to the last
 * prediction of its key that was made of a record not later than the label, and not of the label
 * itself: so keys may be used once, as of documents, or again and again, as of series. Both may
 * come first; each waits a bounded time in bounded memory. Whoever holds it guards it.
 */
final class LabelJoin {

    /** So many predictions, and so many labels, wait at most. */
    static final int MOST_WAITING = 100_000;

    /** So many records that were counted are remembered, so that none counts twice. */
    private static final int MOST_REMEMBERED = 100_000;

    private static final int MOST_SERIES = 100_000;

    /** Where a record stands in the log. */
    record Place(LogPartition partition, long offset) {}

    /**
     * A prediction that waits.
     *
     * @param key of the record
     * @param version that predicted
     * @param place of the record it was made of
     * @param timestamp of that record, milliseconds since the epoch
     * @param value the number, or the number of the class
     */
    record Prediction(String key, int version, Place place, long timestamp, double value) {}

    /**
     * A label.
     *
     * @param key by which it is joined
     * @param series of which it is the newest value
     * @param place of the record it came in
     * @param timestamp of that record
     * @param text what it says
     */
    record Label(String key, String series, Place place, long timestamp, String text) {}

    private record Waiting<T>(T what, long since) {}

    private record WaitingLabel(Label label, double naive) {}

    /** The identity of a prediction: the same record answered again by the same version is one. */
    private record Counted(Place place, int version) {}

    private final Labels spec;
    private final long withinMillis;
    private final Map<Counted, Waiting<Prediction>> predictions = new LinkedHashMap<>();
    private final Map<String, Deque<Prediction>> predictionsByKey = new HashMap<>();
    private final Map<Place, Waiting<WaitingLabel>> labels = new LinkedHashMap<>();
    private final Map<String, Deque<WaitingLabel>> labelsByKey = new HashMap<>();
    private final Set<Counted> counted = new LinkedHashSet<>();
    private final Map<String, Double> lastOfSeries = new LinkedHashMap<>();
    private final Map<LogPartition, Long> read = new HashMap<>();
    private final Map<Integer, VersionQuality> versions = new TreeMap<>();
    private long unmatched;
    private long evicted;
    private long invalid;

    LabelJoin(Labels spec) {
        this.spec = spec;
        this.withinMillis = spec.within().toMillis();
    }

    /** What is known of one version. */
    private final class VersionQuality {
        private final LiveErrors errors =
                switch (spec.target()) {
                    case NumberTarget _ -> new LiveErrors.Numbers();
                    case ClassTarget _ -> new LiveErrors.Classes();
                };
        private long joined;
        private long unlabelled;
    }

    /** Takes a prediction. */
    void predicted(Prediction prediction, long now) {
        expire(now);
        var identity = new Counted(prediction.place(), prediction.version());
        if (counted.contains(identity) || predictions.containsKey(identity)) {
            return;
        }
        VersionQuality quality = quality(prediction.version());
        WaitingLabel label = labelFor(prediction);
        if (label != null) {
            forget(label);
            join(quality, identity, prediction, label);
            return;
        }
        if (predictions.size() >= MOST_WAITING) {
            evicted++;
            giveUp(predictions.values().iterator().next().what());
        }
        predictions.put(identity, new Waiting<>(prediction, now));
        predictionsByKey
                .computeIfAbsent(prediction.key(), _ -> new ArrayDeque<>())
                .addLast(prediction);
    }

    private @Nullable WaitingLabel labelFor(Prediction prediction) {
        for (WaitingLabel waiting :
                labelsByKey.getOrDefault(prediction.key(), new ArrayDeque<>())) {
            if (belongs(prediction, waiting.label())) {
                return waiting;
            }
        }
        return null;
    }

    private static boolean belongs(Prediction prediction, Label label) {
        return prediction.timestamp() <= label.timestamp()
                && !prediction.place().equals(label.place());
    }

    /** Takes a label; one that was read before, after a crash of the reader, counts once. */
    void labelled(Label label, long now) {
        expire(now);
        Long last = read.get(label.place().partition());
        if (last != null && label.place().offset() <= last) {
            return;
        }
        read.put(label.place().partition(), label.place().offset());
        if (!isUsable(label)) {
            invalid++;
            return;
        }
        var waiting = new WaitingLabel(label, naiveGuess(label));
        if (!joinAll(waiting)) {
            if (labels.size() >= MOST_WAITING) {
                evicted++;
                giveUp(labels.values().iterator().next().what());
            }
            labels.put(label.place(), new Waiting<>(waiting, now));
            labelsByKey.computeIfAbsent(label.key(), _ -> new ArrayDeque<>()).addLast(waiting);
        }
    }

    private boolean isUsable(Label label) {
        return switch (spec.target()) {
            case NumberTarget _ -> Double.isFinite(number(label));
            case ClassTarget(var names) -> names.isEmpty() || names.contains(label.text());
        };
    }

    private static double number(Label label) {
        try {
            return Double.parseDouble(label.text());
        } catch (NumberFormatException _) {
            return Double.NaN;
        }
    }

    /** The last label of the series before this one; NaN when there was none. */
    private double naiveGuess(Label label) {
        if (spec.target() instanceof ClassTarget) {
            return Double.NaN;
        }
        Double before = lastOfSeries.remove(label.series());
        lastOfSeries.put(label.series(), number(label));
        shrink(lastOfSeries.keySet(), MOST_SERIES);
        return before == null ? Double.NaN : before;
    }

    private static void shrink(Set<?> set, int most) {
        if (set.size() > most) {
            Iterator<?> oldest = set.iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** Joins a label with the last prediction of each version. */
    private boolean joinAll(WaitingLabel waiting) {
        Deque<Prediction> candidates = predictionsByKey.get(waiting.label().key());
        if (candidates == null) {
            return false;
        }
        var last = new TreeMap<Integer, Prediction>();
        for (Prediction prediction : candidates) {
            if (belongs(prediction, waiting.label())) {
                Prediction other = last.get(prediction.version());
                if (other == null || prediction.timestamp() >= other.timestamp()) {
                    last.put(prediction.version(), prediction);
                }
            }
        }
        for (Prediction prediction : last.values()) {
            supersede(candidates, prediction);
            remove(prediction);
            join(
                    quality(prediction.version()),
                    new Counted(prediction.place(), prediction.version()),
                    prediction,
                    waiting);
        }
        return !last.isEmpty();
    }

    /** Earlier predictions of the same version and key will get no label any more. */
    private void supersede(Deque<Prediction> candidates, Prediction joined) {
        for (Prediction earlier : candidates.toArray(new Prediction[0])) {
            if (earlier.version() == joined.version()
                    && !earlier.equals(joined)
                    && earlier.timestamp() <= joined.timestamp()) {
                giveUp(earlier);
            }
        }
    }

    private void join(
            VersionQuality quality, Counted identity, Prediction prediction, WaitingLabel label) {
        counted.add(identity);
        shrink(counted, MOST_REMEMBERED);
        quality.joined++;
        switch (quality.errors) {
            case LiveErrors.Numbers numbers ->
                    numbers.add(prediction.value(), number(label.label()), label.naive());
            case LiveErrors.Classes classes ->
                    classes.add(className(prediction.value()), label.label().text());
        }
    }

    private String className(double value) {
        int number = (int) value;
        return spec.target() instanceof ClassTarget(var names)
                        && number >= 0
                        && number < names.size()
                ? names.get(number)
                : Integer.toString(number);
    }

    private VersionQuality quality(int version) {
        return versions.computeIfAbsent(version, _ -> new VersionQuality());
    }

    /** Gives up what has waited for too long. */
    void expire(long now) {
        while (!predictions.isEmpty()) {
            Waiting<Prediction> oldest = predictions.values().iterator().next();
            if (now - oldest.since() <= withinMillis) {
                break;
            }
            giveUp(oldest.what());
        }
        while (!labels.isEmpty()) {
            Waiting<WaitingLabel> oldest = labels.values().iterator().next();
            if (now - oldest.since() <= withinMillis) {
                break;
            }
            giveUp(oldest.what());
        }
    }

    private void giveUp(Prediction prediction) {
        quality(prediction.version()).unlabelled++;
        remove(prediction);
    }

    private void giveUp(WaitingLabel label) {
        unmatched++;
        forget(label);
    }

    private void remove(Prediction prediction) {
        predictions.remove(new Counted(prediction.place(), prediction.version()));
        Deque<Prediction> others = predictionsByKey.get(prediction.key());
        if (others != null) {
            others.remove(prediction);
            if (others.isEmpty()) {
                predictionsByKey.remove(prediction.key());
            }
        }
    }

    private void forget(WaitingLabel label) {
        labels.remove(label.label().place());
        Deque<WaitingLabel> others = labelsByKey.get(label.label().key());
        if (others != null) {
            others.remove(label);
            if (others.isEmpty()) {
                labelsByKey.remove(label.label().key());
            }
        }
    }

    /** A label or a prediction could not be used. */
    void invalid() {
        invalid++;
    }

    /** How many predictions and labels wait now. */
    int waiting() {
        return predictions.size() + labels.size();
    }

    long unmatched() {
        return unmatched;
    }

    long evicted() {
        return evicted;
    }

    long unusable() {
        return invalid;
    }

    /** How labels compare with the predictions of a version. */
    LiveQuality report(int version) {
        VersionQuality quality = quality(version);
        return new LiveQuality(
                quality.joined,
                unmatched,
                quality.unlabelled,
                quality.errors.compared(),
                quality.errors.error(),
                spec.trainingError());
    }
}
