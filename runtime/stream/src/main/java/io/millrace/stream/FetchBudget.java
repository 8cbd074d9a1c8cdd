package io.millrace.stream;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.util.List;

/** How many objects are fetched at once, so that they fit into memory together. */
final class FetchBudget {

    /** What a slice of objects takes; one object may be larger. */
    private static final long MOST = 64L << 20;

    /** Of an object whose event does not say its size. */
    private static final long GUESS = 1L << 20;

    private FetchBudget() {}

    /**
     * Where a slice ends.
     *
     * @param from its first record
     * @param to behind its last one by count
     */
    static int end(List<LogRecord> polled, int from, int to) {
        long bytes = 0;
        for (int i = from; i < to; i++) {
            bytes += size(polled.get(i));
            if (bytes > MOST && i > from) {
                return i;
            }
        }
        return to;
    }

    private static long size(LogRecord record) {
        if (Header.find(record.headers(), HeaderNames.OBJECT_BUCKET) == null) {
            return record.value().length;
        }
        String size = Header.find(record.headers(), HeaderNames.OBJECT_SIZE);
        if (size == null) {
            return GUESS;
        }
        try {
            return Math.max(0, Long.parseLong(size));
        } catch (NumberFormatException _) {
            return GUESS;
        }
    }
}
