package io.millrace.inference.grpc;

import io.helidon.common.buffers.DataReader;
import java.io.ByteArrayOutputStream;
import java.util.function.Supplier;

/**
 * Hands on the bytes of an HTTP/2 connection, with the header blocks as {@link PseudoHeaders}
 * spells them. Everything but frames of headers goes through as it is.
 */
final class PseudoHeaderReader implements Supplier<byte[]> {

    private static final int PREFACE = 24;
    private static final int FRAME_HEADER = 9;
    private static final int HEADERS = 1;
    private static final int END_HEADERS = 4;

    /** A longer block is handed on as it is: nobody sends such a first frame. */
    private static final int MAX_BLOCK = 1 << 16;

    private final DataReader source;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** What is left of the preface or a payload that is handed on as it is. */
    private int passing = PREFACE;

    /** How many bytes of a frame must be held together before anything can be said. */
    private int wanted = FRAME_HEADER;

    PseudoHeaderReader(DataReader source) {
        this.source = source;
    }

    /** Blocks; throws as its source does when the connection ends. */
    @Override
    public byte[] get() {
        while (true) {
            byte[] in = source.readBuffer().readBytes();
            if (in.length <= passing) {
                passing -= in.length;
                return in;
            }
            read(in);
            if (out.size() > 0) {
                byte[] bytes = out.toByteArray();
                out = new ByteArrayOutputStream(Math.min(bytes.length, MAX_BLOCK));
                return bytes;
            }
        }
    }

    private void read(byte[] in) {
        int at = 0;
        while (at < in.length) {
            if (passing > 0) {
                int n = Math.min(passing, in.length - at);
                out.write(in, at, n);
                passing -= n;
                at += n;
            } else {
                int n = Math.min(wanted - held.size(), in.length - at);
                held.write(in, at, n);
                at += n;
                if (held.size() == wanted) {
                    frame(held.toByteArray());
                }
            }
        }
    }

    /** Called with the header of a frame, and again with all of it when it holds headers. */
    private void frame(byte[] bytes) {
        int length = (bytes[0] & 0xff) << 16 | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff);
        boolean isBlock =
                bytes[3] == HEADERS
                        && (bytes[4] & END_HEADERS) != 0
                        && length > 0
                        && length <= MAX_BLOCK;
        if (isBlock && wanted == FRAME_HEADER) {
            wanted = FRAME_HEADER + length;
            return;
        }
        byte[] spelled = isBlock ? PseudoHeaders.spell(bytes) : bytes;
        out.write(spelled, 0, spelled.length);
        passing = isBlock ? 0 : length;
        wanted = FRAME_HEADER;
        held.reset();
    }
}
