package io.millrace.training.samples;

import io.millrace.spi.LogRecord;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Tells a topic from another one of its name: the first records of the parts. A topic that was
 * removed and made anew has the same offsets and other records.
 */
final class Fingerprint {

    private static final int MOST_PARTS = 16;

    private final CRC32C sum = new CRC32C();
    private final StringBuilder places = new StringBuilder();

    /** Of parts that the log has. */
    static String of(LogRanges log, List<Part> parts) {
        var fingerprint = new Fingerprint();
        for (Part part : parts.subList(0, Math.min(MOST_PARTS, parts.size()))) {
            if (part.length() > 0) {
                log.read(part, fingerprint::take);
            }
        }
        return fingerprint.places + Long.toHexString(fingerprint.sum.getValue());
    }

    private boolean take(LogRecord record) {
        byte[] key = record.key();
        if (key != null) {
            sum.update(key);
        }
        sum.update(record.value());
        places.append(Long.toHexString(record.timestampMillis())).append('-');
        return false;
    }
}
