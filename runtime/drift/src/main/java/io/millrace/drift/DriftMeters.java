package io.millrace.drift;

import io.millrace.api.ResourceKey;
import io.millrace.spi.DriftReport.ClassError;
import io.millrace.spi.DriftReport.LiveError;
import io.millrace.spi.DriftReport.NumberError;
import io.millrace.spi.Meters;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The numbers of one model that is watched. Gauges of what is gone say NaN. */
final class DriftMeters {

    private static final String CALLS = "millrace_model_drift_calls_total";
    private static final String CALLS_HELP = "Calls of models that are watched.";

    /** Why a label came to nothing. */
    enum Loss {
        UNMATCHED,
        EVICTED,
        INVALID
    }

    private final Meters meters;
    private final WatchedModel model;
    private final String project;
    private final String name;
    private final Meters.Count skipped;
    private final Meters.Count records;
    private final Meters.Count labels;
    private final Meters.Count otherSignature;
    private volatile boolean isForgotten;

    DriftMeters(ResourceKey key, Meters meters, WatchedModel model) {
        this.meters = meters;
        this.model = model;
        this.project = key.project().value();
        this.name = key.name().value();
        this.skipped = count(CALLS, CALLS_HELP, "outcome", "skipped");
        this.otherSignature = count(CALLS, CALLS_HELP, "outcome", "other_signature");
        this.records = count("millrace_model_drift_records_total", "Records that were looked at.");
        this.labels = count("millrace_model_labels_total", "Labels that were read.");
    }

    private Meters.Count count(String meter, String help, String... more) {
        return meters.count(meter, help, labels(more));
    }

    private String[] labels(String... more) {
        var all = new String[more.length + 4];
        all[0] = "project";
        all[1] = project;
        all[2] = "model";
        all[3] = name;
        System.arraycopy(more, 0, all, 4, more.length);
        return all;
    }

    /** Calls that too many others kept from being looked at. */
    Meters.Count skipped() {
        return skipped;
    }

    /** Calls of another signature than the one that is followed. */
    Meters.Count otherSignature() {
        return otherSignature;
    }

    Meters.Count records() {
        return records;
    }

    Meters.Count labels() {
        return labels;
    }

    /** Shows a version and its features. */
    void register(int version, List<Feature> features, boolean hasLabels) {
        String number = Integer.toString(version);
        for (int i = 0; i < features.size(); i++) {
            int index = i;
            meters.gauge(
                    "millrace_model_drift_distance",
                    "Distance of the last window from the reference.",
                    () -> isForgotten ? Double.NaN : model.distance(version, index),
                    labels(
                            "version",
                            number,
                            "part",
                            features.get(i).part().name().toLowerCase(Locale.ROOT),
                            "feature",
                            features.get(i).name()));
        }
        meters.gauge(
                "millrace_model_drifted",
                "1 while inputs or predictions differ from the reference.",
                () -> isForgotten ? Double.NaN : (model.isDrifted(version) ? 1 : 0),
                labels("version", number));
        if (hasLabels) {
            registerQuality(version, number);
        }
    }

    private void registerQuality(int version, String number) {
        error(version, number, "accuracy", "Share of right classes.", DriftMeters::accuracy);
        error(
                version,
                number,
                "naive_accuracy",
                "Share of right classes, had the most frequent one been predicted always.",
                DriftMeters::naiveAccuracy);
        error(version, number, "rmse", "Root mean square error.", DriftMeters::rmse);
        error(version, number, "mae", "Mean absolute error.", DriftMeters::mae);
        error(
                version,
                number,
                "naive_rmse",
                "Root mean square error, had the last label been predicted.",
                DriftMeters::naiveRmse);
        for (Loss loss : Loss.values()) {
            meters.gauge(
                    "millrace_model_labels_lost",
                    "Labels that found no prediction, made room, or could not be used.",
                    () -> isForgotten ? Double.NaN : model.lostLabels(loss),
                    labels("reason", loss.name().toLowerCase(Locale.ROOT)));
        }
        meters.gauge(
                "millrace_model_labels_joined",
                "Labels that found their prediction.",
                () ->
                        isForgotten
                                ? Double.NaN
                                : model.quality(version).map(q -> (double) q.joined()).orElse(0.0),
                labels("version", number));
    }

    private void error(
            int version,
            String number,
            String what,
            String help,
            ToDoubleFunction<LiveError> value) {
        meters.gauge(
                "millrace_model_live_" + what,
                help,
                () ->
                        isForgotten
                                ? Double.NaN
                                : model.quality(version)
                                        .filter(quality -> quality.compared() > 0)
                                        .map(quality -> value.applyAsDouble(quality.error()))
                                        .orElse(Double.NaN),
                labels("version", number));
    }

    private static double accuracy(LiveError error) {
        return error instanceof ClassError classes ? classes.accuracy() : Double.NaN;
    }

    private static double naiveAccuracy(LiveError error) {
        return error instanceof ClassError classes ? classes.naiveAccuracy() : Double.NaN;
    }

    private static double rmse(LiveError error) {
        return error instanceof NumberError numbers ? numbers.rmse() : Double.NaN;
    }

    private static double mae(LiveError error) {
        return error instanceof NumberError numbers ? numbers.mae() : Double.NaN;
    }

    private static double naiveRmse(LiveError error) {
        return error instanceof NumberError numbers && numbers.naiveCompared() > 0
                ? numbers.naiveRmse()
                : Double.NaN;
    }

    /** Says no more of this model. */
    void forget() {
        isForgotten = true;
    }
}
