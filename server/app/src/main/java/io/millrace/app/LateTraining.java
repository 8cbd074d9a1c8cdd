package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.TrainingResults;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What runs have reported; there once the log is up, while the API answers before. */
final class LateTraining {
    private final AtomicReference<@Nullable TrainingResults> results = new AtomicReference<>();

    /** It is up. */
    void arrived(TrainingResults up) {
        results.set(up);
    }

    TrainingResults results() {
        TrainingResults known = results.get();
        if (known == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the server is not ready to train; try again shortly");
        }
        return known;
    }
}
