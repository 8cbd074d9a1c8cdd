package io.millrace.model.tensorflow;

import org.jspecify.annotations.Nullable;

/** TensorFlow's error texts, made fit for one line. */
final class Messages {

    private static final int MAX_LENGTH = 400;

    private Messages() {}

    /** The first line: what follows are node listings and stack traces of the graph. */
    static String firstLine(Throwable error) {
        @Nullable String message = error.getMessage();
        if (message == null || message.isBlank()) {
            return error.getClass().getSimpleName();
        }
        String line = message.strip().lines().findFirst().orElse(message).strip();
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
    }
}
