package io.millrace.api;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * By what versions of a model are compared on samples that were held back: what can be counted from
 * answers and labels alone, whatever made the model.
 */
public enum HeldBackMetric {
    /** The share of right answers: the greatest score, or above a half where there is one. */
    ACCURACY,
    /** How far answers are from labels, on average. */
    MEAN_ABSOLUTE_ERROR,
    /** The mean of the squares of that. */
    MEAN_SQUARED_ERROR,
    /** The root of the mean of the squares. */
    ROOT_MEAN_SQUARED_ERROR;

    /** Whether more of it is better. */
    public boolean isUpward() {
        return this == ACCURACY;
    }

    /** What trainers call it, the shortest usual name first. */
    public List<String> names() {
        return switch (this) {
            case ACCURACY ->
                    List.of(
                            "accuracy",
                            "acc",
                            "sparse_categorical_accuracy",
                            "categorical_accuracy",
                            "binary_accuracy");
            case MEAN_ABSOLUTE_ERROR -> List.of("mae", "mean_absolute_error");
            case MEAN_SQUARED_ERROR -> List.of("mse", "mean_squared_error");
            case ROOT_MEAN_SQUARED_ERROR -> List.of("rmse", "root_mean_squared_error");
        };
    }

    /** Finds one by any of its names. */
    public static Optional<HeldBackMetric> find(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return Stream.of(values()).filter(metric -> metric.names().contains(wanted)).findFirst();
    }

    /** The first name of each, for messages. */
    public static String known() {
        return Stream.of(values())
                .map(metric -> metric.names().getFirst())
                .collect(Collectors.joining(", "));
    }
}
