package io.millrace.function;

import io.millrace.api.ResourceKey;
import io.millrace.spi.StepLogs.Line;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * A line in a file: time, step, worker and text, with tabs between. Made for people with {@code
 * less} and for reading back.
 */
final class LogLineFormat {

    private LogLineFormat() {}

    static String write(Line line) {
        return Instant.ofEpochMilli(line.atMillis())
                + "\t"
                + plain(line.step()).replace('\t', ' ')
                + "\t"
                + line.worker()
                + "\t"
                + plain(line.text());
    }

    /** Empty for what is not such a line: the end of a file after a crash. */
    static Optional<Line> read(ResourceKey pipeline, String text) {
        String[] parts = text.split("\t", 4);
        if (parts.length < 4) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Line(
                            pipeline,
                            parts[1],
                            Integer.parseInt(parts[2]),
                            Instant.parse(parts[0]).toEpochMilli(),
                            parts[3]));
        } catch (DateTimeParseException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A line must stay a line, also when a function prints a carriage return for its progress. */
    private static String plain(String text) {
        return text.replace('\n', ' ').replace('\r', ' ');
    }
}
