package io.millrace.drift;

import io.millrace.api.MonitorSpec;
import io.millrace.api.tensor.Signature;
import io.millrace.spi.DriftReport.Facts;
import io.millrace.spi.DriftReport.FeatureDrift;
import io.millrace.spi.DriftReport.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The watching of one version: learns a reference, then compares window after window with it. A
 * plain object that is stepped record by record; whoever holds it guards it.
 *
 * <pre>
 *   LEARNING --reference full--> STEADY --n windows in a row above--> DRIFTED
 *                                  ^------n windows in a row below------'
 * </pre>
 */
final class VersionWatch {

    /** A message names so many features. */
    private static final int NAMED = 3;

    private final Signature signature;
    private final FeatureLayout layout;
    private final double[] values;
    private Sketches reference;
    private boolean isReferenceFull;
    private Sketches window;
    private State state = State.LEARNING;
    private String message = "";
    private long windows;
    private int[] above;
    private int calm;
    private List<FeatureDrift> last = List.of();

    /** A watch that has seen nothing. */
    VersionWatch(Signature signature) {
        this.signature = signature;
        this.layout = FeatureLayout.of(signature);
        this.values = new double[layout.features().size()];
        this.reference = Sketches.empty(layout.features());
        this.window = Sketches.empty(layout.features());
        this.above = new int[layout.features().size()];
    }

    /**
     * All that a restart must not forget.
     *
     * @param signature whose calls are followed
     * @param isReferenceFull whether the reference is complete
     * @param reference the reference, as far as it is
     * @param window the window that fills
     * @param state where it stands
     * @param message why
     * @param windows how many were compared
     * @param above for each feature: windows in a row
     * @param calm windows in a row without any feature above
     * @param last what the last window showed; empty before the first
     */
    record Memory(
            Signature signature,
            boolean isReferenceFull,
            Sketches reference,
            Sketches window,
            State state,
            String message,
            long windows,
            List<Integer> above,
            int calm,
            List<FeatureDrift> last) {}

    Memory memory() {
        var streaks = new ArrayList<Integer>();
        for (int streak : above) {
            streaks.add(streak);
        }
        return new Memory(
                signature,
                isReferenceFull,
                reference,
                window,
                state,
                message,
                windows,
                streaks,
                calm,
                last);
    }

    static VersionWatch of(Memory memory) {
        var watch = new VersionWatch(memory.signature());
        watch.reference = memory.reference();
        watch.isReferenceFull = memory.isReferenceFull();
        watch.window = memory.window();
        watch.state = memory.state();
        watch.message = memory.message();
        watch.windows = memory.windows();
        watch.above = memory.above().stream().mapToInt(Integer::intValue).toArray();
        watch.calm = memory.calm();
        watch.last = memory.last();
        return watch;
    }

    FeatureLayout layout() {
        return layout;
    }

    State state() {
        return state;
    }

    String message() {
        return message;
    }

    long windows() {
        return windows;
    }

    long windowRecords() {
        return window.records();
    }

    long referenceRecords() {
        return reference.records();
    }

    /** The reference once it is complete. */
    @Nullable Sketches reference() {
        return isReferenceFull ? reference : null;
    }

    /** The signature whose calls are followed. */
    Signature signature() {
        return signature;
    }

    /** Takes the complete reference of another version. */
    void adopt(Sketches other) {
        reference = other;
        referenceIsFull();
    }

    private void referenceIsFull() {
        isReferenceFull = true;
        window = Sketches.empty(layout.features());
        state = State.STEADY;
        message = "";
    }

    /** The distance of a feature in the last window. */
    double distance(int feature) {
        return feature < last.size() ? last.get(feature).distance() : 0;
    }

    /** The largest distance of the last window. */
    double distance() {
        double most = 0;
        for (FeatureDrift feature : last) {
            most = Math.max(most, feature.distance());
        }
        return most;
    }

    /**
     * Adds one record of a call.
     *
     * @param wanted how many records the reference takes; 0 while another version's is waited for
     * @return whether the state changed
     */
    boolean add(ObservedCall call, int items, int item, MonitorSpec spec, int wanted) {
        layout.extract(call.inputs(), call.outputs(), items, item, values);
        if (!isReferenceFull) {
            if (wanted > 0) {
                reference.add(values);
            }
            if (wanted > 0 && reference.records() >= wanted) {
                referenceIsFull();
                return true;
            }
            return false;
        }
        window.add(values);
        return window.records() >= spec.window() && endWindow(spec);
    }

    private boolean endWindow(MonitorSpec spec) {
        var compared = new ArrayList<FeatureDrift>();
        boolean isAnyAbove = false;
        boolean isAnyForLong = false;
        for (int i = 0; i < above.length; i++) {
            FeatureDrift drift = compare(i, spec);
            compared.add(drift);
            isAnyAbove |= drift.above() > 0;
            isAnyForLong |= drift.above() >= spec.after();
        }
        last = List.copyOf(compared);
        window = Sketches.empty(layout.features());
        windows++;
        calm = isAnyAbove ? 0 : calm + 1;
        if (state == State.STEADY && isAnyForLong) {
            state = State.DRIFTED;
            message = describe(spec);
            return true;
        }
        if (state == State.DRIFTED && calm >= spec.after()) {
            state = State.STEADY;
            message = "";
            return true;
        }
        return false;
    }

    private FeatureDrift compare(int index, MonitorSpec spec) {
        Feature feature = layout.features().get(index);
        Column before = reference.column(index);
        Column now = window.column(index);
        double distance = before.distance(now, spec.distance());
        double limit = Math.max(spec.threshold(), before.byChance(now, spec.distance()));
        above[index] = distance > limit ? above[index] + 1 : 0;
        return new FeatureDrift(
                feature.part(),
                feature.name(),
                distance,
                limit,
                above[index],
                before.outside(now),
                before.facts(),
                now.facts());
    }

    /** Which features differ most; the numbers are those of the moment. */
    private String describe(MonitorSpec spec) {
        List<FeatureDrift> worst =
                last.stream()
                        .filter(feature -> feature.above() >= spec.after())
                        .sorted(Comparator.comparingDouble(FeatureDrift::distance).reversed())
                        .toList();
        String named =
                worst.stream()
                        .limit(NAMED)
                        .map(feature ->
                                String.format(
                                        Locale.ROOT,
                                        "%s %s (%s %.3g, limit %.3g; mean %.4g, was %.4g)",
                                        feature.part().name().toLowerCase(Locale.ROOT),
                                        feature.name(),
                                        spec.distance().name().toLowerCase(Locale.ROOT),
                                        feature.distance(),
                                        feature.limit(),
                                        feature.window().mean(),
                                        feature.reference().mean()))
                        .collect(Collectors.joining(", "));
        int more = worst.size() - NAMED;
        return named
                + (more > 0 ? " and %d more".formatted(more) : "")
                + " for %d windows of %d records".formatted(spec.after(), spec.window());
    }

    /** All features as the last window showed them; before the first, what is known. */
    List<FeatureDrift> features(MonitorSpec spec) {
        if (!last.isEmpty()) {
            return last;
        }
        var known = new ArrayList<FeatureDrift>();
        for (int i = 0; i < above.length; i++) {
            Feature feature = layout.features().get(i);
            known.add(
                    new FeatureDrift(
                            feature.part(),
                            feature.name(),
                            0,
                            spec.threshold(),
                            above[i],
                            0,
                            reference.column(i).facts(),
                            Facts.NONE));
        }
        return known;
    }
}
