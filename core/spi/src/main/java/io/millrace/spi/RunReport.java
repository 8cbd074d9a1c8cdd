package io.millrace.spi;

import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a run has reported.
 *
 * @param state how it does
 * @param epochs each epoch that ended, in order
 * @param test metrics of the test samples; empty before they are evaluated or when there are none
 * @param confusion counts by true class (row) and answer (column); empty when there is none
 * @param labels of the confusion's rows and columns
 * @param samples how many samples trained, validated and tested
 * @param decode how payloads became inputs: as declared, with the type and shape that the samples
 *     showed once there are some
 * @param label how labels were read; completed likewise
 * @param lineage what the result depends on: definition and its generation, dataset and its ranges,
 *     seed, packages, machine; names to values for people
 * @param formats in which the model is there
 * @param notices for people
 * @param started when it began; empty while it waits
 * @param ended when it ended
 */
public record RunReport(
        TrainingState state,
        List<RunEvent> epochs,
        Map<String, Double> test,
        List<List<Long>> confusion,
        List<String> labels,
        Samples samples,
        DecodeSpec decode,
        LabelSpec label,
        Map<String, String> lineage,
        List<TrainingResults.Format> formats,
        List<String> notices,
        Optional<Instant> started,
        Optional<Instant> ended) {

    public RunReport {
        epochs = List.copyOf(epochs);
        test = Collections.unmodifiableMap(new LinkedHashMap<>(test));
        confusion = List.copyOf(confusion);
        labels = List.copyOf(labels);
        lineage = Collections.unmodifiableMap(new LinkedHashMap<>(lineage));
        formats = List.copyOf(formats);
        notices = List.copyOf(notices);
    }

    /** How many samples each part has. */
    public record Samples(long train, long validation, long test, long unlabelled) {}
}
