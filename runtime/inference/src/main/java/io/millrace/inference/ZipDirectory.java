package io.millrace.inference;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;

/**
 * The directory at the end of a zip, measured before anybody reads it whole: reading takes memory
 * for every entry, and an archive of a few megabytes can name millions.
 *
 * <pre>
 *   files … | directory: one header per entry | [zip64 end | zip64 locator] | end
 * </pre>
 *
 * @param entries how many headers there are, counted one by one; what the archive says may be a lie
 * @param bytes what they take
 */
record ZipDirectory(long entries, long bytes) {

    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int MAX_COMMENT_BYTES = 0xffff;
    private static final int LOCATOR_SIGNATURE = 0x07064b50;
    private static final int LOCATOR_BYTES = 20;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int END64_BYTES = 56;
    private static final int HEADER_SIGNATURE = 0x02014b50;
    private static final int HEADER_BYTES = 46;
    private static final int WINDOW_BYTES = 64 * 1024;

    /** Where the directory begins and where it has to end. */
    private record Span(long from, long to) {}

    /**
     * Measures; reads on only as long as both limits hold, so the result is beyond one of them when
     * the directory is.
     *
     * @throws IOException when the end of the archive does not fit its directory
     */
    static ZipDirectory measure(SeekableByteChannel zip, long maxEntries, long maxBytes)
            throws IOException {
        Span span = find(zip);
        long entries = 0;
        long at = span.from();
        ByteBuffer window = ByteBuffer.allocate(0);
        long windowAt = at;
        while (at < span.to() && entries <= maxEntries && at - span.from() <= maxBytes) {
            if (at < windowAt || at + HEADER_BYTES > windowAt + window.limit()) {
                window = read(zip, at, (int) Math.min(WINDOW_BYTES, span.to() - at));
                windowAt = at;
            }
            int header = (int) (at - windowAt);
            if (window.limit() - header < HEADER_BYTES
                    || window.getInt(header) != HEADER_SIGNATURE) {
                throw new IOException("its directory is damaged");
            }
            at +=
                    HEADER_BYTES
                            + Short.toUnsignedInt(window.getShort(header + 28))
                            + Short.toUnsignedInt(window.getShort(header + 30))
                            + Short.toUnsignedInt(window.getShort(header + 32));
            entries++;
        }
        return new ZipDirectory(entries, at - span.from());
    }

    private static Span find(SeekableByteChannel zip) throws IOException {
        long size = zip.size();
        int tailBytes = (int) Math.min(size, END_BYTES + MAX_COMMENT_BYTES);
        ByteBuffer tail = read(zip, size - tailBytes, tailBytes);
        int end = tailBytes - END_BYTES;
        while (end >= 0 && tail.getInt(end) != END_SIGNATURE) {
            end--;
        }
        if (end < 0) {
            throw new IOException("it has no end record");
        }
        long endAt = size - tailBytes + end;
        if (endAt >= LOCATOR_BYTES) {
            ByteBuffer locator = read(zip, endAt - LOCATOR_BYTES, LOCATOR_BYTES);
            if (locator.getInt(0) == LOCATOR_SIGNATURE) {
                return span64(zip, locator.getLong(8), endAt - LOCATOR_BYTES);
            }
        }
        return span(
                Integer.toUnsignedLong(tail.getInt(end + 16)),
                Integer.toUnsignedLong(tail.getInt(end + 12)),
                endAt);
    }

    private static Span span64(SeekableByteChannel zip, long endAt, long locatorAt)
            throws IOException {
        if (endAt < 0 || endAt > locatorAt - END64_BYTES) {
            throw new IOException("its zip64 end record is elsewhere");
        }
        ByteBuffer end = read(zip, endAt, END64_BYTES);
        if (end.getInt(0) != END64_SIGNATURE) {
            throw new IOException("its zip64 end record is damaged");
        }
        return span(end.getLong(48), end.getLong(40), endAt);
    }

    /** The directory reaches to the end record: only so does everybody read the same one. */
    private static Span span(long from, long bytes, long to) throws IOException {
        if (from < 0 || bytes < 0 || from > to || bytes != to - from) {
            throw new IOException("its directory does not reach to its end record");
        }
        return new Span(from, to);
    }

    private static ByteBuffer read(SeekableByteChannel zip, long at, int bytes) throws IOException {
        var buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        zip.position(at);
        while (buffer.hasRemaining()) {
            if (zip.read(buffer) < 0) {
                throw new IOException("it ends too early");
            }
        }
        return buffer.flip();
    }
}
