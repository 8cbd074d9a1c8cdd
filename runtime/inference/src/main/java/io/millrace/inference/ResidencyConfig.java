package io.millrace.inference;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.api.DataSize;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How models are kept and served.
 *
 * @param folder where unpacked models and verdicts are kept; nothing else uses it
 * @param archives limits of an archive
 * @param workers the most engine calls of one version at once: as many as the machine has cores
 * @param loaders how many versions are probed and loaded at once
 * @param firstRetry how long after its first failure a version is tried again; each further wait is
 *     twice as long
 * @param lastRetry the longest such wait
 * @param drain how long closing waits for calls under way
 * @param memory what the models in memory may take together, by estimate
 * @param idle how long a version in service must not have been called before it may make room for
 *     another
 */
public record ResidencyConfig(
        Path folder,
        ArchiveLimits archives,
        int workers,
        int loaders,
        Duration firstRetry,
        Duration lastRetry,
        Duration drain,
        DataSize memory,
        Duration idle) {

    private static final int MAX_DOUBLINGS = 20;
    private static final long LEAST_MEMORY = 1L << 30;

    /** The usual settings for this machine. */
    public static ResidencyConfig standard(Path folder) {
        return new ResidencyConfig(
                folder,
                ArchiveLimits.standard(),
                Runtime.getRuntime().availableProcessors(),
                2,
                Duration.ofSeconds(1),
                Duration.ofMinutes(5),
                Duration.ofSeconds(5),
                standardMemory(),
                Duration.ofSeconds(30));
    }

    /** The same with other waits between tries. */
    public ResidencyConfig withRetries(Duration first, Duration last) {
        return new ResidencyConfig(
                folder, archives, workers, loaders, first, last, drain, memory, idle);
    }

    /** The same with another memory budget. */
    public ResidencyConfig withMemory(DataSize budget) {
        return new ResidencyConfig(
                folder, archives, workers, loaders, firstRetry, lastRetry, drain, budget, idle);
    }

    /** Half of the machine without the Java heap, and at least a gibibyte. */
    private static DataSize standardMemory() {
        long machine =
                ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                        ? system.getTotalMemorySize()
                        : 0;
        long half = machine / 2 - Runtime.getRuntime().maxMemory();
        return new DataSize(Math.max(half, LEAST_MEMORY) >> 20 << 20);
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
