package io.millrace.management.http;

import io.millrace.api.DataSize;
import java.time.Duration;

/**
 * What a caller may ask for.
 *
 * @param manifests the longest text of resources
 * @param blob the largest archive
 * @param modelCheck how long an upload waits for the new version to be ready or rejected
 * @param keepAlive how often a quiet event stream sends a comment, so that a caller who has gone is
 *     noticed
 * @param bufferedEvents how many events one slow reader of a stream may be behind
 */
public record ManagementLimits(
        DataSize manifests,
        DataSize blob,
        Duration modelCheck,
        Duration keepAlive,
        int bufferedEvents) {
    /** 4 MiB, 4 GiB, two minutes, 15 seconds, 4096 events. */
    public static final ManagementLimits DEFAULT =
            new ManagementLimits(
                    DataSize.ofMebibytes(4),
                    DataSize.ofMebibytes(4096),
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(15),
                    4096);
}
