package io.millrace.spi;

import io.millrace.api.DatasetSpec;
import io.millrace.api.HeldBackMetric;
import io.millrace.api.ResourceKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The port through which control has versions of a model judged: each answers the same samples, the
 * test samples of a dataset, as it answers everybody. Such calls are trials: who watches the model
 * does not hear of them.
 */
public interface VersionJudge {

    /**
     * Begins to judge; returns at once and works in the background. Calling it again with the same
     * trial does nothing; another trial of the same owner takes the place of the one before.
     *
     * @param owner for whom, one trial at a time
     * @param changed called, on any thread, when {@link #observe} has something new to say
     */
    void judge(ResourceKey owner, Trial trial, Runnable changed);

    /** What came of a trial; empty while it goes on, or when there is none of this owner. */
    Optional<Verdict> observe(ResourceKey owner, Trial trial);

    /** Ends and forgets a trial. */
    void remove(ResourceKey owner);

    /**
     * What is to be judged.
     *
     * @param dataset whose test samples are answered; all ranges have ends
     * @param model its key
     * @param versions which versions
     * @param metric what is counted
     */
    record Trial(
            DatasetSpec dataset, ResourceKey model, List<Integer> versions, HeldBackMetric metric) {
        public Trial {
            versions = List.copyOf(versions);
        }
    }

    /** What came of it. */
    sealed interface Verdict {}

    /**
     * The samples were answered.
     *
     * @param scores by version; those that could not answer are missing
     * @param refusals by version: why it could not answer
     * @param samples how many there were
     */
    record Judged(Map<Integer, Double> scores, Map<Integer, String> refusals, long samples)
            implements Verdict {
        public Judged {
            scores = Map.copyOf(scores);
            refusals = Map.copyOf(refusals);
        }
    }

    /**
     * There was nothing to answer.
     *
     * @param message why
     * @param isTransient whether judging again later may help
     */
    record Failed(String message, boolean isTransient) implements Verdict {}

    /** Judges nothing, and says so. */
    static VersionJudge none() {
        return new VersionJudge() {
            @Override
            public void judge(ResourceKey owner, Trial trial, Runnable changed) {}

            @Override
            public Optional<Verdict> observe(ResourceKey owner, Trial trial) {
                return Optional.of(new Failed("this server judges no models", false));
            }

            @Override
            public void remove(ResourceKey owner) {}
        };
    }
}
