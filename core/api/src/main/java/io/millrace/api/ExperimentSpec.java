package io.millrace.api;

import java.util.List;
import java.util.Optional;

/**
 * Models that are trained on the same samples and compared.
 *
 * @param definitions which models, at least one
 * @param settings how they are trained
 * @param dataset the samples; empty: it waits until a sender says that samples for its number are
 *     in the log
 * @param isWaiting false for an experiment that is only kept, and neither waits nor trains
 * @param online how it trains from a live stream; empty for a dataset with an end
 * @param semiSupervised how it learns from samples without label; empty when it does not
 * @param retrain when it trains again by itself; empty for once
 */
public record ExperimentSpec(
        List<ResourceName> definitions,
        TrainingSettings settings,
        Optional<ResourceName> dataset,
        boolean isWaiting,
        Optional<OnlineSpec> online,
        Optional<SemiSupervisedSpec> semiSupervised,
        Optional<RetrainSpec> retrain)
        implements Spec {

    public ExperimentSpec {
        definitions = List.copyOf(definitions);
        if (definitions.isEmpty()) {
            throw MillraceException.invalid("an experiment needs at least one model definition");
        }
    }
}
