package io.millrace.api;

import java.util.List;

/**
 * Samples for training: parts of the log, and how their records are read.
 *
 * @param ranges where labelled samples are, at least one
 * @param unlabelled where samples without label are, may be empty
 * @param decode how a payload becomes the input of a model; the same is saved with the model
 * @param label where its label is
 * @param split how the samples are divided
 * @param description for people, may be empty
 */
public record DatasetSpec(
        List<TopicRange> ranges,
        List<TopicRange> unlabelled,
        DecodeSpec decode,
        LabelSpec label,
        SplitSpec split,
        String description)
        implements Spec {

    public DatasetSpec {
        ranges = List.copyOf(ranges);
        unlabelled = List.copyOf(unlabelled);
        if (ranges.isEmpty()) {
            throw MillraceException.invalid("a dataset needs at least one range of the log");
        }
        for (TopicRange held : split.heldBackFrom()) {
            if (!held.isClosed() || !ranges.contains(held)) {
                throw MillraceException.invalid(
                        "samples cannot be held back from %s: expected one of the ranges, with an end"
                                .formatted(held));
            }
        }
    }

    /** The same samples from other parts of the log, divided so. */
    public DatasetSpec with(
            List<TopicRange> otherRanges, List<TopicRange> otherUnlabelled, SplitSpec otherSplit) {
        return new DatasetSpec(
                otherRanges, otherUnlabelled, decode, label, otherSplit, description);
    }

    /** Whether it is complete: no range of labelled samples is open. */
    public boolean isClosed() {
        return ranges.stream().allMatch(TopicRange::isClosed);
    }
}
