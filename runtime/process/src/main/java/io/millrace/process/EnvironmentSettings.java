package io.millrace.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How virtual environments are built.
 *
 * @param folder where they are kept; several servers may share it
 * @param pythons interpreters to try, in order: names on the path or absolute paths
 * @param pipOptions given to every {@code pip install}, such as {@code --index-url}
 * @param pipTimeout the most that building one may take
 */
public record EnvironmentSettings(
        Path folder, List<String> pythons, List<String> pipOptions, Duration pipTimeout) {

    /** Interpreters that are tried where the configuration names none. */
    public static final List<String> DEFAULT_PYTHONS =
            List.of("python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9");

    public EnvironmentSettings {
        folder = folder.toAbsolutePath().normalize();
        pythons = List.copyOf(pythons);
        pipOptions = List.copyOf(pipOptions);
    }

    /** The defaults for a folder. */
    public static EnvironmentSettings of(Path folder) {
        return new EnvironmentSettings(folder, DEFAULT_PYTHONS, List.of(), Duration.ofMinutes(20));
    }

    /** The same with other interpreters. */
    public EnvironmentSettings withPythons(List<String> interpreters) {
        return new EnvironmentSettings(folder, interpreters, pipOptions, pipTimeout);
    }

    /** The same with other options for pip. */
    public EnvironmentSettings withPipOptions(List<String> options) {
        return new EnvironmentSettings(folder, pythons, options, pipTimeout);
    }
}
