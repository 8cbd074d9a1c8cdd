package io.millrace.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How the calls of a model are watched, so that somebody hears of it when the world no longer looks
 * as it did when the model was made.
 *
 * @param sample the share of the calls that are looked at, above 0 and up to 1
 * @param reference with what is compared
 * @param window how many records are compared with the reference at a time
 * @param distance how the difference is measured
 * @param threshold from which distance on a window differs
 * @param after how many windows in a row have to differ before it is said, and to agree before it
 *     is taken back
 * @param labels where the truth comes from when it is known later; empty when it never is
 */
public record MonitorSpec(
        double sample,
        Reference reference,
        int window,
        Distance distance,
        double threshold,
        int after,
        Optional<Labels> labels) {

    /** Of calls that are cheap enough to be looked at, all are. */
    public static final double DEFAULT_SAMPLE = 1;

    /** Enough for tenths of a distribution to be known to a percent. */
    public static final int DEFAULT_REFERENCE = 5_000;

    /** Enough for chance to stay well below the thresholds. */
    public static final int DEFAULT_WINDOW = 1_000;

    /** One odd window is chance or a holiday; three in a row are a change. */
    public static final int DEFAULT_AFTER = 3;

    /** How long a prediction waits for its label. */
    public static final Duration DEFAULT_WITHIN = Duration.ofHours(1);

    /** With what is compared: one record for each way. */
    public sealed interface Reference {}

    /**
     * The first records that the version itself is called with.
     *
     * @param records how many
     */
    public record FirstRecords(int records) implements Reference {}

    /**
     * What another version was compared with: a successor is held against what its predecessor was
     * made for.
     *
     * @param version its number
     */
    public record SameAsVersion(int version) implements Reference {}

    /** How the difference of two distributions is measured. */
    public enum Distance {
        /** Population stability index over the tenths of the reference; 0 for equal ones. */
        PSI(0.2),
        /** Largest difference of the distribution functions (Kolmogorov and Smirnov), 0 to 1. */
        KS(0.1);

        private final double usualThreshold;

        Distance(double usualThreshold) {
            this.usualThreshold = usualThreshold;
        }

        /** The threshold that counts when none is declared. */
        public double usualThreshold() {
            return usualThreshold;
        }
    }

    /**
     * Where the truth comes from.
     *
     * @param source the stream of labels: JSON objects
     * @param key the JSON field, of the label and of the record that was predicted, by which they
     *     belong together; empty for the key of the record in the log
     * @param value the JSON field of the label that holds the truth
     * @param series the JSON field of the label that names the series whose last label is the naive
     *     guess; empty for the key
     * @param target what is predicted
     * @param within how long a prediction waits for its label
     * @param trainingError the error that the versions showed in training, to compare with: a root
     *     mean square, or a share of wrong classes; empty when it is not known
     */
    public record Labels(
            LabelSource source,
            Optional<String> key,
            String value,
            Optional<String> series,
            Target target,
            Duration within,
            Optional<Double> trainingError) {}

    /** A stream of labels: one record for each kind. */
    public sealed interface LabelSource {}

    /** A field of a data source. */
    public record LabelField(ResourceName dataSource, ResourceName field) implements LabelSource {}

    /** A topic of the log. */
    public record LabelTopic(String topic) implements LabelSource {}

    /** What a model predicts: one record for each kind. */
    public sealed interface Target {}

    /**
     * A number.
     *
     * @param element which element of the first output's item it is, from 0
     */
    public record NumberTarget(int element) implements Target {}

    /**
     * A class: the largest element of the first output's item, or its only one when that is a whole
     * number.
     *
     * @param names what labels call the classes, by number; empty when they give the number
     */
    public record ClassTarget(List<String> names) implements Target {
        public ClassTarget {
            names = List.copyOf(names);
        }
    }
}
