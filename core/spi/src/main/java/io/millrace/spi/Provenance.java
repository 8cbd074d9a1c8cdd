package io.millrace.spi;

import java.util.List;
import java.util.Optional;

/**
 * Where an output came from, as the header {@link HeaderNames#PROVENANCE} says it: {@code
 * fashion/classify fashion.source.camera.images/0/1042 1763640000123 model/digits@3,function/x@7}.
 *
 * @param pipeline that made it, as {@code project/name}
 * @param position of the input record, as {@code topic/partition/offset}
 * @param answeredMillis when the steps were done, milliseconds since the epoch
 * @param steps what it passed through, with the version of each
 */
public record Provenance(
        String pipeline, String position, long answeredMillis, List<String> steps) {
    public Provenance {
        steps = List.copyOf(steps);
    }

    /** As it stands in the header. */
    public String text() {
        return pipeline + " " + position + " " + answeredMillis + " " + String.join(",", steps);
    }

    /** Reads what {@link #text} wrote; empty for anything else. */
    public static Optional<Provenance> parse(String text) {
        String[] parts = text.split(" ", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        try {
            List<String> steps = parts[3].isEmpty() ? List.of() : List.of(parts[3].split(",", -1));
            return Optional.of(new Provenance(parts[0], parts[1], Long.parseLong(parts[2]), steps));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }
}
