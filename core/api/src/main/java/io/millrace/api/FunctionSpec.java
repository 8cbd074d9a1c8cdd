package io.millrace.api;

import java.time.Duration;
import java.util.List;

/**
 * User code that is called for each message, in a process of its own.
 *
 * @param language what it is written in
 * @param environment the named environment it runs in, such as {@code python}
 * @param requirements packages it needs beside those of the environment, as pip writes them
 * @param source its code
 * @param parameters what each pipeline that uses it must supply
 * @param timeout the most that one message may take; a worker that exceeds it is replaced
 * @param memory the most resident memory of one worker
 */
public record FunctionSpec(
        Language language,
        String environment,
        List<String> requirements,
        Source source,
        List<Parameter> parameters,
        Duration timeout,
        DataSize memory)
        implements Spec {

    /** The deadline of a message where the function names none. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    /** The memory of a worker where the function names none. */
    public static final DataSize DEFAULT_MEMORY = DataSize.ofMebibytes(2048);

    public FunctionSpec {
        requirements = List.copyOf(requirements);
        parameters = List.copyOf(parameters);
    }

    /** What functions are written in. */
    public enum Language {
        PYTHON
    }

    /**
     * The code.
     *
     * @param file its name for people and tracebacks, such as {@code classifier.py}
     * @param code the text itself
     */
    public record Source(String file, String code) {}

    /** A value that a pipeline supplies. */
    public record Parameter(String name, ParameterType type) {}

    /** What a parameter's text must look like; functions always get text. */
    public enum ParameterType {
        STRING,
        INTEGER
    }
}
