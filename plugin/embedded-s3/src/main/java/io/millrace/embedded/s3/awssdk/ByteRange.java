package io.millrace.embedded.s3.awssdk;

import io.millrace.embedded.s3.depot.Refusal;
import io.millrace.embedded.s3.depot.Refusal.Reason;

/**
 * A part of an object.
 *
 * @param last included
 */
record ByteRange(long first, long last) {

    private static final String UNIT = "bytes=";

    /** Reads the header {@code Range}, of which s3proxy has checked the form. */
    static ByteRange parse(String range, long size) {
        String text = range.startsWith(UNIT) ? range.substring(UNIT.length()) : range;
        int sign = text.indexOf('-');
        String from = text.substring(0, sign);
        String to = text.substring(sign + 1);
        try {
            long first =
                    from.isEmpty() ? Math.max(0, size - Long.parseLong(to)) : Long.parseLong(from);
            long last =
                    from.isEmpty() || to.isEmpty()
                            ? size - 1
                            : Math.min(Long.parseLong(to), size - 1);
            if (first >= size || first > last) {
                throw new Refusal(
                        Reason.INVALID_RANGE,
                        "the object has %d bytes, none of them in %s".formatted(size, range));
            }
            return new ByteRange(first, last);
        } catch (NumberFormatException _) {
            throw new Refusal(Reason.INVALID_RANGE, "expected bytes=first-last, got " + range);
        }
    }

    long length() {
        return last - first + 1;
    }

    String header(long size) {
        return "bytes %d-%d/%d".formatted(first, last, size);
    }
}
