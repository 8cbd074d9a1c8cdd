package io.millrace.spi;

import io.millrace.api.MillraceException;

/**
 * The place of one record in the log.
 *
 * @param partition of a topic
 * @param offset in it, not negative
 */
public record LogPosition(LogPartition partition, long offset) {

    /** Where a record stands. */
    public static LogPosition of(LogRecord record) {
        return new LogPosition(record.partition(), record.offset());
    }

    /**
     * Reads {@code topic/partition/offset}, or the text of a {@link Provenance}.
     *
     * @throws MillraceException {@code INVALID} for anything else
     */
    public static LogPosition parse(String text) {
        String position = Provenance.parse(text.strip()).map(Provenance::position).orElse(text);
        String[] parts = position.strip().split("/", -1);
        if (parts.length == 3 && !parts[0].isEmpty()) {
            try {
                int partition = Integer.parseInt(parts[1]);
                long offset = Long.parseLong(parts[2]);
                if (partition >= 0 && offset >= 0) {
                    return new LogPosition(new LogPartition(parts[0], partition), offset);
                }
            } catch (NumberFormatException _) {
                // The same answer as for numbers that are missing.
            }
        }
        throw MillraceException.invalid(
                "'%s' is no position of a record; expected TOPIC/PARTITION/OFFSET, or the header %s of an output"
                        .formatted(text, HeaderNames.PROVENANCE));
    }

    @Override
    public String toString() {
        return partition + "/" + offset;
    }
}
