package io.millrace.training.samples;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import org.jspecify.annotations.Nullable;

/** Why samples cannot be had, with a word that conditions show. */
final class DatasetFault extends MillraceException {

    private static final long serialVersionUID = 1L;

    private final String reason;

    DatasetFault(ErrorCode code, String reason, String message, @Nullable Throwable cause) {
        super(code, message, cause);
        this.reason = reason;
    }

    /** One word in CamelCase. */
    String reason() {
        return reason;
    }

    static DatasetFault topicMissing(String topic) {
        return new DatasetFault(
                ErrorCode.NOT_FOUND,
                "TopicMissing",
                "the log has no topic %s: expected the one that the samples were sent to"
                        .formatted(topic),
                null);
    }

    static DatasetFault partitionMissing(String topic, int partition, long partitions) {
        return new DatasetFault(
                ErrorCode.NOT_FOUND,
                "PartitionMissing",
                "topic %s has %d partitions: there is no partition %d"
                        .formatted(topic, partitions, partition),
                null);
    }

    static DatasetFault removed(Part part, long earliest) {
        return new DatasetFault(
                ErrorCode.INVALID,
                "RetentionRemoved",
                "retention has removed a part of %s: it begins at %d, the oldest record that is left is %d; send the samples again, or keep the topic for longer"
                        .formatted(part, part.from(), earliest),
                null);
    }

    static DatasetFault beyondEnd(Part part, long end) {
        return new DatasetFault(
                ErrorCode.INVALID,
                "BeyondEnd",
                "%s ends at %d, but the log ends at %d: was the topic made anew, or is a transaction open?"
                        .formatted(part, part.to(), end),
                null);
    }

    static DatasetFault empty() {
        return new DatasetFault(
                ErrorCode.INVALID,
                "Empty",
                "no labelled sample is in the ranges of the dataset",
                null);
    }

    static DatasetFault undecodable(String place, MillraceException cause) {
        return new DatasetFault(
                cause.code(), "NotDecodable", "%s: %s".formatted(place, cause.text()), cause);
    }
}
