package io.millrace.api;

import java.util.UUID;

/** The only maker of identities, so that a simulation can repeat them. */
@FunctionalInterface
public interface IdSource {

    /** A new identity, never given before: letters, digits and {@code -}. */
    String next();

    /** Random UUIDs. */
    static IdSource random() {
        return () -> UUID.randomUUID().toString();
    }
}
