package io.millrace.control;

import io.millrace.api.Condition;
import io.millrace.api.Condition.Truth;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.RetrainSpec;
import io.millrace.store.StoreImage;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What begins the next round.
 *
 * @param words for people
 * @param drift which drift it answers; empty for none
 */
record RetrainTrigger(String words, String drift) {

    /**
     * What is due now.
     *
     * @param fresh how many records nobody has trained on
     * @param least how many there must be in any case
     * @param drift the drift that waits for an answer; empty for none
     */
    static Optional<RetrainTrigger> due(RetrainSpec spec, long fresh, long least, String drift) {
        if (fresh < least) {
            return Optional.empty();
        }
        if (!drift.isEmpty()) {
            return Optional.of(
                    new RetrainTrigger(
                            "the drift of model '%s' (%s)"
                                    .formatted(spec.onDriftOf().orElseThrow(), drift),
                            drift));
        }
        OptionalLong every = spec.every();
        return every.isPresent() && fresh >= every.getAsLong()
                ? Optional.of(
                        new RetrainTrigger(
                                String.format(Locale.ROOT, "%,d new records", fresh), ""))
                : Optional.empty();
    }

    /** How many new records the next round waits for. */
    static long needed(RetrainSpec spec, long least, String drift) {
        return drift.isEmpty() ? Math.max(least, spec.every().orElse(least)) : least;
    }

    /**
     * The drift that waits for an answer: that of the version that serves, as long as it was not
     * answered. A drift is over when the model's condition says so, or when another version serves;
     * that nobody knows for a while does not end it.
     */
    static String drift(
            RetrainSpec spec, ResourceKey experiment, StoreImage image, RetrainMemory memory) {
        Optional<Resource<ModelSpec>> model =
                spec.onDriftOf()
                        .flatMap(name ->
                                image.find(
                                        ResourceKey.of(Kind.MODEL, experiment.project(), name),
                                        ModelSpec.class));
        Optional<Condition> drifted =
                model.flatMap(known -> known.status().condition(DriftStatement.DRIFTED));
        if (drifted.isEmpty()) {
            return "";
        }
        if (drifted.get().status() == Truth.FALSE) {
            memory.driftEnded();
        }
        if (drifted.get().status() != Truth.TRUE) {
            return "";
        }
        String version =
                model.orElseThrow().status().details().getOrDefault("serving", "version ?");
        return version.equals(memory.drift()) ? "" : version;
    }
}
