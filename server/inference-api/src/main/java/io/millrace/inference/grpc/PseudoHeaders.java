package io.millrace.inference.grpc;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Respells pseudo headers such as {@code :path} in a frame of headers (RFC 7541). Their names may
 * be written out or given by number. gRPC's C core, on which the clients for Python, C++ and Ruby
 * stand, writes them out; Helidon 4.3.1 takes that for an attack and closes the connection. The
 * table of known headers comes out the same either way.
 */
final class PseudoHeaders {

    private static final int FRAME_HEADER = 9;
    private static final int FLAG_PADDED = 8;
    private static final int FLAG_PRIORITY = 32;
    private static final int PRIORITY_BYTES = 5;
    private static final int CONTINUES = 0x80;
    private static final int HUFFMAN = 0x80;

    private static final byte[][] NAMES = {
        ascii(":authority"), ascii(":method"), ascii(":path"), ascii(":scheme")
    };

    /** Of {@link #NAMES}, in the static table. */
    private static final int[] NUMBERS = {1, 2, 4, 6};

    private final byte[] frame;
    private final ByteArrayOutputStream out;
    private int at;
    private int end;

    private PseudoHeaders(byte[] frame) {
        this.frame = frame;
        this.out = new ByteArrayOutputStream(frame.length);
    }

    /**
     * Gives pseudo headers by number.
     *
     * @param frame a whole frame of headers, its own header included
     * @return the same frame when there is nothing to do, or when it makes no sense
     */
    static byte[] spell(byte[] frame) {
        var work = new PseudoHeaders(frame);
        try {
            return work.skipToBlock() && work.copyBlock() ? work.frame() : frame;
        } catch (IndexOutOfBoundsException e) {
            return frame; // truncated: Helidon says what is wrong with it
        }
    }

    private boolean skipToBlock() {
        int flags = frame[4];
        int padding = 0;
        at = FRAME_HEADER;
        if ((flags & FLAG_PADDED) != 0) {
            padding = frame[at++] & 0xff;
        }
        if ((flags & FLAG_PRIORITY) != 0) {
            at += PRIORITY_BYTES;
        }
        end = frame.length - padding;
        out.write(frame, 0, at);
        return at <= end;
    }

    /** Whether anything was respelled. */
    private boolean copyBlock() {
        boolean changed = false;
        while (at < end) {
            int begin = at;
            int first = frame[at] & 0xff;
            if (first >= 0x80) { // a known header
                number(0x7f);
                out.write(frame, begin, at - begin);
            } else if (first >= 0x40) { // to be known from now on
                changed |= literal(begin, first, number(0x3f) == 0);
            } else if (first >= 0x20) { // size of the table
                number(0x1f);
                out.write(frame, begin, at - begin);
            } else { // not to be known
                changed |= literal(begin, first, number(0x0f) == 0);
            }
        }
        out.write(frame, at, frame.length - at);
        return changed;
    }

    private boolean literal(int begin, int first, boolean hasName) {
        boolean changed = false;
        if (hasName) {
            boolean isHuffman = (frame[at] & HUFFMAN) != 0;
            int length = number(0x7f);
            int known = isHuffman ? 0 : known(at, length);
            at += length;
            if (known > 0) {
                out.write(first | known);
                changed = true;
            } else {
                out.write(frame, begin, checkedEnd() - begin);
            }
        } else {
            out.write(frame, begin, at - begin);
        }
        int valueBegin = at;
        int length = number(0x7f);
        at += length;
        out.write(frame, valueBegin, checkedEnd() - valueBegin);
        return changed;
    }

    private int checkedEnd() {
        if (at > end || at < 0) {
            throw new IndexOutOfBoundsException(at);
        }
        return at;
    }

    /** The number of a pseudo header's name; 0 for any other. */
    private int known(int begin, int length) {
        for (int i = 0; i < NAMES.length; i++) {
            if (NAMES[i].length == length
                    && begin + length <= end
                    && Arrays.equals(NAMES[i], 0, length, frame, begin, begin + length)) {
                return NUMBERS[i];
            }
        }
        return 0;
    }

    /** Reads a number that begins in the low bits of this byte. */
    private int number(int mask) {
        int value = frame[at++] & mask;
        if (value < mask) {
            return value;
        }
        int shift = 0;
        int next;
        do {
            next = frame[at++] & 0xff;
            if (shift > 21) {
                throw new IndexOutOfBoundsException(at); // more than any frame holds
            }
            value += (next & 0x7f) << shift;
            shift += 7;
        } while ((next & CONTINUES) != 0);
        return value;
    }

    private byte[] frame() {
        byte[] result = out.toByteArray();
        int length = result.length - FRAME_HEADER;
        result[0] = (byte) (length >>> 16);
        result[1] = (byte) (length >>> 8);
        result[2] = (byte) length;
        return result;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
