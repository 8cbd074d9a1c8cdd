package io.millrace.api;

import java.util.List;
import java.util.Optional;

/**
 * How the answer of a model becomes a payload.
 *
 * @param format how it is written
 * @param labels names of the output's elements; empty when they have none
 * @param top how many of the largest elements are given, with label and confidence; 0 for all as
 *     plain numbers
 * @param echo fields of the input payload (a map) that are copied into the answer
 * @param template the answer as text with holes such as {@code {{output[0]}}} and {@code
 *     {{model}}}; empty for the usual form
 */
public record EncodeSpec(
        Format format, List<String> labels, int top, List<String> echo, Optional<String> template) {
    /** In the usual form. */
    public EncodeSpec(Format format, List<String> labels, int top, List<String> echo) {
        this(format, labels, top, echo, Optional.empty());
    }

    public EncodeSpec {
        labels = List.copyOf(labels);
        echo = List.copyOf(echo);
    }

    /** How the answer is written. */
    public enum Format {
        /** A JSON object. */
        JSON,
        /** Little-endian numbers, row-major, of the model's output type. */
        RAW
    }
}
