package io.millrace.spi;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How calls of a model were divided since the rule took effect or the server started.
 *
 * @param versions each version that got calls, ascending
 * @param comparison of the shadow with the version that answers; empty without a shadow
 */
public record TrafficReport(List<VersionTraffic> versions, Optional<Comparison> comparison) {

    public TrafficReport {
        versions = List.copyOf(versions);
    }

    /**
     * The calls of one version.
     *
     * @param version its number
     * @param calls answered or failed
     * @param errors those that failed for the version's own reasons
     * @param median latency of the last calls, queueing included
     * @param p99 latency of the last calls
     */
    public record VersionTraffic(
            int version, long calls, long errors, Duration median, Duration p99) {}

    /**
     * Answers of a shadow beside those that were given.
     *
     * @param version the shadow
     * @param compared calls that both answered
     * @param agreed those with the same answer: the same largest element in each row for scores,
     *     equal within the tolerance for the rest
     * @param failed calls that only the shadow failed
     * @param notMirrored calls that were to be mirrored and were not, because the shadow was busy
     */
    public record Comparison(
            int version, long compared, long agreed, long failed, long notMirrored) {}
}
