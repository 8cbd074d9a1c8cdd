package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;

/**
 * Where a reading that is tried again was read first.
 *
 * @param partition of the log
 * @param offset its place there
 * @param timestampMillis when it happened
 */
record ReadingOrigin(LogPartition partition, long offset, long timestampMillis) {

    /**
     * Reads it from the headers.
     *
     * @throws MillraceException {@code INVALID} when they do not say it
     */
    static ReadingOrigin of(LogRecord record) {
        String position = Header.find(record.headers(), HeaderNames.ORIGIN_POSITION);
        String time = Header.find(record.headers(), HeaderNames.ORIGIN_TIME);
        String[] parts = position == null ? new String[0] : position.split("/", -1);
        if (parts.length == 3) {
            try {
                return new ReadingOrigin(
                        new LogPartition(parts[0], Integer.parseInt(parts[1])),
                        Long.parseLong(parts[2]),
                        time == null ? record.timestampMillis() : Long.parseLong(time));
            } catch (NumberFormatException _) {
                // said below
            }
        }
        throw MillraceException.invalid(
                "a reading that is tried again needs the header %s, as topic/partition/offset, got '%s'"
                        .formatted(HeaderNames.ORIGIN_POSITION, position));
    }
}
