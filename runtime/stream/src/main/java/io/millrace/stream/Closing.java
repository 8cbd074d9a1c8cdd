package io.millrace.stream;

import io.millrace.api.MillraceException;
import org.jspecify.annotations.Nullable;

/** Closes several things, all of them, whatever one of them throws. */
final class Closing {

    private @Nullable MillraceException first;

    void close(AutoCloseable thing) {
        try {
            thing.close();
        } catch (Exception e) {
            if (first == null) {
                first = MillraceException.internal("closing failed: " + e.getMessage(), e);
            } else {
                first.addSuppressed(e);
            }
        }
    }

    void rethrow() {
        if (first != null) {
            throw first;
        }
    }
}
