package io.millrace.api;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a model is trained.
 *
 * @param batch samples in a step, at least 1
 * @param fit arguments for training, such as {@code epochs}: names to Python literals, as text
 * @param evaluate arguments for the evaluation, likewise
 * @param seed of everything random
 * @param hasConfusionMatrix whether the test samples are counted by class and answer
 * @param timeout the longest a run may take
 * @param memory the most resident memory of the trainer
 */
public record TrainingSettings(
        int batch,
        Map<String, String> fit,
        Map<String, String> evaluate,
        long seed,
        boolean hasConfusionMatrix,
        Duration timeout,
        DataSize memory) {

    /** How long a run may take where nothing is said. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofHours(12);

    /** The memory of a trainer where nothing is said. */
    public static final DataSize DEFAULT_MEMORY = DataSize.ofMebibytes(4096);

    public TrainingSettings {
        if (batch < 1) {
            throw MillraceException.invalid("batch %d: expected 1 or more".formatted(batch));
        }
        fit = Collections.unmodifiableMap(new LinkedHashMap<>(fit));
        evaluate = Collections.unmodifiableMap(new LinkedHashMap<>(evaluate));
    }
}
