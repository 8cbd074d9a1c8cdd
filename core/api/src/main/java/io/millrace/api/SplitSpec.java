package io.millrace.api;

import java.util.List;

/**
 * How a dataset is divided into what a model learns from, what is looked at after each epoch, and
 * what it is judged by at the end.
 *
 * @param validation the share of validation samples, 0 to 1
 * @param test the share of test samples, 0 to 1; both together are less than 1
 * @param order how samples are put in order before
 * @param seed of that order: the same seed gives the same parts
 * @param heldBackFrom of which ranges of the dataset validation and test samples are; both shares
 *     are then shares of these, and all other samples are learned from. Empty for all ranges
 */
public record SplitSpec(
        double validation, double test, Order order, long seed, List<TopicRange> heldBackFrom) {

    /** Everything is learned from. */
    public static final SplitSpec NONE = new SplitSpec(0, 0, Order.STRATIFIED, 0);

    public SplitSpec {
        heldBackFrom = List.copyOf(heldBackFrom);
        if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
            throw MillraceException.invalid(
                    "validation %s and test %s: expected shares from 0 that leave something to train on"
                            .formatted(validation, test));
        }
    }

    /** Samples of all ranges are held back. */
    public SplitSpec(double validation, double test, Order order, long seed) {
        this(validation, test, order, seed, List.of());
    }

    /** How samples are put in order before they are divided. */
    public enum Order {
        /**
         * Shuffled, and each part gets its share of each class: senders of labelled data often put
         * a class into one partition.
         */
        STRATIFIED,
        /** Shuffled. */
        SHUFFLED,
        /** Partition by partition, in the order of the log. */
        AS_SENT
    }
}
