package io.millrace.function;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How functions run.
 *
 * @param work folders of running workers and the worker's own files; belongs to this runtime alone
 * @param environments where built environments are kept; several servers may share it
 * @param pythons interpreters to try, in order: names on the path or absolute paths
 * @param pipOptions given to every {@code pip install}, such as {@code --index-url}
 * @param pipTimeout the most that building an environment may take
 * @param startTimeout the most that a worker may take to import the function
 * @param stopTimeout how long a worker has to end by itself
 * @param startAttempts after so many failed starts in a row messages are failed
 * @param firstBackoff the wait before the second start in a row that follows a failure; it doubles
 * @param maxBackoff the longest such wait
 * @param logBudget how much a worker may print
 */
public record FunctionRuntimeConfig(
        Path work,
        Path environments,
        List<String> pythons,
        List<String> pipOptions,
        Duration pipTimeout,
        Duration startTimeout,
        Duration stopTimeout,
        int startAttempts,
        Duration firstBackoff,
        Duration maxBackoff,
        LogBudget logBudget) {

    /** Interpreters that are tried where the configuration names none. */
    public static final List<String> DEFAULT_PYTHONS =
            List.of("python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9");

    public FunctionRuntimeConfig {
        work = work.toAbsolutePath().normalize();
        environments = environments.toAbsolutePath().normalize();
        pythons = List.copyOf(pythons);
        pipOptions = List.copyOf(pipOptions);
    }

    /** The defaults, with everything below one data directory. */
    public static FunctionRuntimeConfig of(Path data) {
        return new FunctionRuntimeConfig(
                data.resolve("functions"),
                data.resolve("environments"),
                DEFAULT_PYTHONS,
                List.of(),
                Duration.ofMinutes(20),
                Duration.ofMinutes(2),
                Duration.ofMillis(1500),
                3,
                Duration.ofMillis(200),
                Duration.ofSeconds(10),
                LogBudget.DEFAULT);
    }

    /** The same with another place for built environments, such as one in the user's cache. */
    public FunctionRuntimeConfig withEnvironments(Path folder) {
        return new FunctionRuntimeConfig(
                work,
                folder,
                pythons,
                pipOptions,
                pipTimeout,
                startTimeout,
                stopTimeout,
                startAttempts,
                firstBackoff,
                maxBackoff,
                logBudget);
    }

    /** The same with other interpreters. */
    public FunctionRuntimeConfig withPythons(List<String> interpreters) {
        return new FunctionRuntimeConfig(
                work,
                environments,
                interpreters,
                pipOptions,
                pipTimeout,
                startTimeout,
                stopTimeout,
                startAttempts,
                firstBackoff,
                maxBackoff,
                logBudget);
    }

    /** The same with other options for pip. */
    public FunctionRuntimeConfig withPipOptions(List<String> options) {
        return new FunctionRuntimeConfig(
                work,
                environments,
                pythons,
                options,
                pipTimeout,
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
