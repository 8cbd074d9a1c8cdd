package io.millrace.api;

/**
 * One declared thing: what the user wants and what has been observed of it.
 *
 * @param key what identifies it
 * @param metadata the store's own notes
 * @param spec what the user wants; only the user writes it
 * @param status what was observed; only its reconciler writes it
 */
public record Resource<S extends Spec>(ResourceKey key, Metadata metadata, S spec, Status status) {

    public Resource {
        if (!key.kind().specType().isInstance(spec)) {
            throw MillraceException.internal(
                    key + " cannot have a " + spec.getClass().getSimpleName(), null);
        }
    }

    /** Whether it works as its current spec says. */
    public boolean isReady() {
        return status.isReady(metadata.generation());
    }
}
