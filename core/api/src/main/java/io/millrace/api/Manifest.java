package io.millrace.api;

import java.util.Map;

/**
 * What a user writes: a resource before the store has seen it.
 *
 * @param key what identifies it
 * @param title free text, may be empty
 * @param labels free pairs of text
 * @param spec what is wanted
 */
public record Manifest<S extends Spec>(
        ResourceKey key, String title, Map<String, String> labels, S spec) {

    public Manifest {
        labels = Map.copyOf(labels);
        if (!key.kind().specType().isInstance(spec)) {
            throw MillraceException.internal(
                    key + " cannot have a " + spec.getClass().getSimpleName(), null);
        }
    }
}
