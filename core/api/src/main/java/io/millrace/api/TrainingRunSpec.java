package io.millrace.api;

import java.util.Optional;

/**
 * One model trained on one dataset.
 *
 * @param definition the model
 * @param dataset the samples
 * @param experiment to which it belongs; empty for a run of its own
 * @param settings how it is trained
 * @param online how it trains from a live stream; empty for a dataset with an end
 * @param semiSupervised how it learns from samples without label; empty when it does not
 * @param isStopped whether it shall end, with what it has learned so far
 */
public record TrainingRunSpec(
        ResourceName definition,
        ResourceName dataset,
        Optional<ResourceName> experiment,
        TrainingSettings settings,
        Optional<OnlineSpec> online,
        Optional<SemiSupervisedSpec> semiSupervised,
        boolean isStopped)
        implements Spec {

    /** The same, to be stopped. */
    public TrainingRunSpec stopped() {
        return new TrainingRunSpec(
                definition, dataset, experiment, settings, online, semiSupervised, true);
    }
}
