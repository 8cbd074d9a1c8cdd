package io.millrace.stream;

import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.util.List;

/** When a record was received. */
final class ReceivedTime {

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int MAX_DIGITS = 19;

    private ReceivedTime() {}

    /** Nanoseconds since the epoch: as the source wrote it, else from the record's timestamp. */
    static long nanos(LogRecord record) {
        List<Header> headers = record.headers();
        for (int i = headers.size() - 1; i >= 0; i--) {
            Header header = headers.get(i);
            if (header.name().equals(HeaderNames.RECEIVED)) {
                long nanos = parse(header.value());
                if (nanos >= 0) {
                    return nanos;
                }
            }
        }
        return record.timestampMillis() * NANOS_PER_MILLI;
    }

    private static long parse(byte[] digits) {
        if (digits.length == 0 || digits.length > MAX_DIGITS) {
            return -1;
        }
        long value = 0;
        for (byte digit : digits) {
            if (digit < '0' || digit > '9') {
                return -1;
            }
            value = value * 10 + (digit - '0');
        }
        return value;
    }
}
