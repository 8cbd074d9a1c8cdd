package io.millrace.api;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * When an experiment trains again by itself, and what becomes of the result.
 *
 * @param every so many new records in the dataset's topics; empty for never by number
 * @param onDriftOf a model whose drift begins a training; empty for none
 * @param model which gets the result as a new version
 * @param metric by which the new version is compared with the one in production, on samples that
 *     were held back from both: a name of a {@link HeldBackMetric}
 * @param isUpward whether more of it is better
 * @param improvement by how much it must be better to be promoted; may be negative
 * @param window on how many of the newest records it trains; empty for all from the start of the
 *     dataset on
 */
public record RetrainSpec(
        OptionalLong every,
        Optional<ResourceName> onDriftOf,
        ResourceName model,
        String metric,
        boolean isUpward,
        double improvement,
        OptionalLong window) {

    /** On all records from the start of the dataset on. */
    public RetrainSpec(
            OptionalLong every,
            Optional<ResourceName> onDriftOf,
            ResourceName model,
            String metric,
            boolean isUpward,
            double improvement) {
        this(every, onDriftOf, model, metric, isUpward, improvement, OptionalLong.empty());
    }
}
