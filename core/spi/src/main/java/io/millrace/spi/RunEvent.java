package io.millrace.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that a run reported. Metrics of one epoch are means over its samples.
 *
 * @param kind of what
 * @param epoch which one, from 1; 0 outside of epochs
 * @param batch how many steps of the epoch are done; 0 unless a batch is reported
 * @param batches how many steps the epoch has; 0 when nobody knows
 * @param metrics by name, validation ones with {@code val_} in front
 * @param millis how long the epoch took; 0 for others
 * @param text for people; may be empty
 */
public record RunEvent(
        Kind kind,
        int epoch,
        long batch,
        long batches,
        Map<String, Double> metrics,
        long millis,
        String text) {

    public RunEvent {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    /** What is reported. */
    public enum Kind {
        /** A new phase; the text is its name. */
        PHASE,
        /** Some steps were done. */
        BATCH,
        /** An epoch ended. */
        EPOCH,
        /** The test samples were evaluated. */
        TEST,
        /** A new trainer goes on from the checkpoint behind this epoch. */
        RESUMED,
        /** A model better than the last was written; only online. */
        IMPROVED,
        /** Something to know: a spelling that was translated, a record that was left out. */
        NOTICE
    }
}
