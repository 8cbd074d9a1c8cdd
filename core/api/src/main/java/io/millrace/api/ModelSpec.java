package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model and its versions.
 *
 * @param framework the engine's name, such as {@code tensorflow}
 * @param versions what can be served, numbers unique
 * @param aliases names for versions, such as {@code production}
 * @param maxBatchSize the most items of one engine call
 */
public record ModelSpec(
        String framework, List<Version> versions, Map<String, Integer> aliases, int maxBatchSize)
        implements Spec {

    /** The most items of one engine call where the model names none. */
    public static final int DEFAULT_MAX_BATCH_SIZE = 64;

    public ModelSpec {
        versions = List.copyOf(versions);
        aliases = Map.copyOf(aliases);
    }

    /**
     * One version; its content never changes.
     *
     * @param version a positive number chosen by the user
     * @param uri where its archive is: {@code blob:sha256:<hex>} in the server's own store; the
     *     command line turns {@code file:} into it
     */
    public record Version(int version, String uri) {}

    /** The version of a number. */
    public Optional<Version> version(int number) {
        return versions.stream().filter(v -> v.version() == number).findFirst();
    }
}
