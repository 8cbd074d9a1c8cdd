package io.millrace.spi;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a run does.
 *
 * @param phase how far it is
 * @param reason one word in CamelCase for programs, such as {@code TrainerKilled}
 * @param message a sentence for people; what to do when it failed
 * @param epoch the epoch that goes on, from 1; 0 before the first
 * @param epochs how many there will be; 0 when nobody knows
 * @param metrics the last value of each metric, validation ones with {@code val_} and those of the
 *     test samples with {@code test_} in front
 * @param elapsed time spent in training, over all attempts
 */
public record TrainingState(
        Phase phase,
        String reason,
        String message,
        int epoch,
        int epochs,
        Map<String, Double> metrics,
        Duration elapsed) {

    public TrainingState {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    /** How far a run is. */
    public enum Phase {
        /** Others use the processors. */
        QUEUED,
        /** Its environment is built, and its samples are read from the log. */
        PREPARING,
        TRAINING,
        /** The test samples are evaluated, and the model is written in all formats. */
        FINISHING,
        FINISHED,
        /** Somebody stopped it; what it learned until then is there. */
        STOPPED,
        FAILED;

        /** Whether nothing changes any more. */
        public boolean isEnd() {
            return this == FINISHED || this == STOPPED || this == FAILED;
        }
    }
}
