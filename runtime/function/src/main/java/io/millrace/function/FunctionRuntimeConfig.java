package io.millrace.function;

import io.millrace.process.EnvironmentSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How functions run.
 *
 * @param work folders of running workers and the worker's own files; belongs to this runtime alone
 * @param environments where and how virtual environments are built
 * @param startTimeout the most that a worker may take to import the function
 * @param stopTimeout how long a worker has to end by itself
 * @param startAttempts after so many failed starts in a row messages are failed
 * @param firstBackoff the wait before the second start in a row that follows a failure; it doubles
 * @param maxBackoff the longest such wait
 * @param logBudget how much a worker may print
 */
public record FunctionRuntimeConfig(
        Path work,
        EnvironmentSettings environments,
        Duration startTimeout,
        Duration stopTimeout,
        int startAttempts,
        Duration firstBackoff,
        Duration maxBackoff,
        LogBudget logBudget) {

    public FunctionRuntimeConfig {
        work = work.toAbsolutePath().normalize();
    }

    /** The defaults, with everything below one data directory. */
    public static FunctionRuntimeConfig of(Path data) {
        return new FunctionRuntimeConfig(
                data.resolve("functions"),
                EnvironmentSettings.of(data.resolve("environments")),
                Duration.ofMinutes(2),
                Duration.ofMillis(1500),
                3,
                Duration.ofMillis(200),
                Duration.ofSeconds(10),
                LogBudget.DEFAULT);
    }

    /** The same with another place for built environments, such as one in the user's cache. */
    public FunctionRuntimeConfig withEnvironments(Path folder) {
        return withEnvironments(
                new EnvironmentSettings(
                        folder,
                        environments.pythons(),
                        environments.pipOptions(),
                        environments.pipTimeout()));
    }

    /** The same with other interpreters. */
    public FunctionRuntimeConfig withPythons(List<String> interpreters) {
        return withEnvironments(environments.withPythons(interpreters));
    }

    /** The same with environments built otherwise. */
    private FunctionRuntimeConfig withEnvironments(EnvironmentSettings settings) {
        return new FunctionRuntimeConfig(
                work,
                settings,
                startTimeout,
                stopTimeout,
                startAttempts,
                firstBackoff,
                maxBackoff,
                logBudget);
    }

    /**
     * How much a worker may print.
     *
     * @param lineBytes longer lines are cut
     * @param linesPerSecond in the long run; a burst may hold as many as two seconds bring
     * @param bytesPerSecond in the long run; a burst may hold as many as two seconds bring
     */
    public record LogBudget(int lineBytes, int linesPerSecond, int bytesPerSecond) {
        /** Lines of 16 KiB, 1000 of them a second, 1 MiB a second. */
        public static final LogBudget DEFAULT = new LogBudget(16 << 10, 1000, 1 << 20);
    }
}
