package io.millrace.inference;

import io.millrace.api.DataSize;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How models are kept and served.
 *
 * @param folder where unpacked models and verdicts are kept; nothing else uses it
 * @param archives limits of an archive
 * @param workers the most engine calls of one version at once: as many as the machine has cores
 * @param maxQueuedItems the most items waiting for one version; more are refused at once
 * @param loaders how many versions are probed and loaded at once
 * @param firstRetry how long after its first failure a version is tried again; each further wait is
 *     twice as long
 * @param lastRetry the longest such wait
 * @param drain how long closing waits for calls under way
 */
public record ResidencyConfig(
        Path folder,
        ArchiveLimits archives,
        int workers,
        int maxQueuedItems,
        int loaders,
        Duration firstRetry,
        Duration lastRetry,
        Duration drain) {

    private static final int MAX_DOUBLINGS = 20;

    /** The usual settings for this machine. */
    public static ResidencyConfig standard(Path folder) {
        return new ResidencyConfig(
                folder,
                ArchiveLimits.standard(),
                Runtime.getRuntime().availableProcessors(),
                4096,
                2,
                Duration.ofSeconds(1),
                Duration.ofMinutes(5),
                Duration.ofSeconds(5));
    }

    /** The same with other waits between tries. */
    public ResidencyConfig withRetries(Duration first, Duration last) {
        return new ResidencyConfig(
                folder, archives, workers, maxQueuedItems, loaders, first, last, drain);
    }

    /** How long to wait after a failure. */
    Duration retryAfter(int earlierFailures) {
        long factor = 1L << Math.min(earlierFailures, MAX_DOUBLINGS);
        Duration wait = firstRetry.multipliedBy(factor);
        return wait.compareTo(lastRetry) < 0 ? wait : lastRetry;
    }

    /** The largest archive that an upload may have. */
    public static DataSize maxArchive() {
        return DataSize.ofMebibytes(2048);
    }
}
