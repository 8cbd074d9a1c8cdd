package io.millrace.bench;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One HTTP/2 connection without TLS, one request at a time; headers of answers are not read. It
 * keeps to the windows and the frame size that the server sets.
 */
final class Http2Client implements AutoCloseable {

    private static final int FRAME_HEAD = 9;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RESET = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GO_AWAY = 7;
    private static final int WINDOW = 8;

    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;

    private static final int INITIAL_WINDOW_SETTING = 4;
    private static final int MAX_FRAME_SETTING = 5;
    private static final int DEFAULT_WINDOW = 65_535;
    private static final int DEFAULT_FRAME = 16_384;
    private static final int OWN_WINDOW = 1 << 30;

    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Socket socket;
    private final OutputStream out;
    private final DataInputStream in;
    private ByteBuffer unsent = ByteBuffer.allocate(256 * 1024);
    private byte[] data = new byte[64 * 1024];
    private int dataLength;
    private int stream = -1;
    private boolean isAnswered;
    private int frameLimit = DEFAULT_FRAME;
    private int initialWindow = DEFAULT_WINDOW;
    private long connectionWindow = DEFAULT_WINDOW;
    private long streamWindow;
    private int received;

    Http2Client(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        this.out = socket.getOutputStream();
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 * 1024));
        unsent.put(PREFACE);
        head(6, SETTINGS, 0, 0);
        unsent.putShort((short) INITIAL_WINDOW_SETTING).putInt(OWN_WINDOW);
        window(OWN_WINDOW);
        flush();
    }

    /**
     * Sends a request and waits until its answer has ended.
     *
     * @return the length of the answer's data
     */
    int exchange(byte[] headers, byte[] body) throws IOException {
        stream += 2;
        isAnswered = false;
        dataLength = 0;
        streamWindow = initialWindow;
        head(headers.length, HEADERS, END_HEADERS, stream);
        put(headers, 0, headers.length);
        int sent = 0;
        while (sent < body.length) {
            long room = Math.min(Math.min(connectionWindow, streamWindow), frameLimit);
            int length = (int) Math.min(room, body.length - sent);
            if (length <= 0) {
                flush();
                readFrame();
                continue;
            }
            head(length, DATA, sent + length == body.length ? END_STREAM : 0, stream);
            put(body, sent, length);
            sent += length;
            connectionWindow -= length;
            streamWindow -= length;
        }
        flush();
        while (!isAnswered) {
            readFrame();
        }
        return dataLength;
    }

    /** The data of the last answer. */
    byte[] data() {
        return Arrays.copyOf(data, dataLength);
    }

    private void readFrame() throws IOException {
        int word = in.readInt();
        int length = word >>> 8;
        int type = word & 0xff;
        int flags = in.readUnsignedByte();
        int id = in.readInt();
        switch (type) {
            case DATA -> readData(length, flags);
            case SETTINGS -> readSettings(length, flags);
            case WINDOW -> {
                int more = in.readInt();
                if (id == 0) {
                    connectionWindow += more;
                } else if (id == stream) {
                    streamWindow += more;
                }
            }
            case PING -> {
                byte[] content = in.readNBytes(length);
                if ((flags & ACK) == 0) {
                    head(length, PING, ACK, 0);
                    put(content, 0, length);
                    flush();
                }
            }
            case RESET, GO_AWAY ->
                    throw new IOException(
                            "the server gave up: "
                                    + new String(
                                            in.readNBytes(length), StandardCharsets.ISO_8859_1));
            default -> in.skipNBytes(length);
        }
        if (id == stream && (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
            isAnswered = true;
        }
    }

    private void readData(int length, int flags) throws IOException {
        if ((flags & PADDED) != 0) {
            throw new IOException("padded data");
        }
        if (data.length < dataLength + length) {
            data = Arrays.copyOf(data, 2 * (dataLength + length));
        }
        in.readFully(data, dataLength, length);
        dataLength += length;
        received += length;
        if (received > OWN_WINDOW / 2) {
            window(received);
            received = 0;
        }
    }

    private void readSettings(int length, int flags) throws IOException {
        if ((flags & ACK) != 0) {
            return;
        }
        for (int i = 0; i < length; i += 6) {
            int setting = in.readUnsignedShort();
            int value = in.readInt();
            if (setting == INITIAL_WINDOW_SETTING) {
                streamWindow += value - initialWindow;
                initialWindow = value;
            } else if (setting == MAX_FRAME_SETTING) {
                frameLimit = value;
            }
        }
        head(0, SETTINGS, ACK, 0);
        flush();
    }

    private void window(int more) {
        head(Integer.BYTES, WINDOW, 0, 0);
        unsent.putInt(more);
    }

    private void head(int length, int type, int flags, int id) {
        ensure(FRAME_HEAD + 64);
        unsent.putInt(length << 8 | type).put((byte) flags).putInt(id);
    }

    private void put(byte[] bytes, int from, int length) {
        ensure(length);
        unsent.put(bytes, from, length);
    }

    private void ensure(int more) {
        if (unsent.remaining() < more) {
            unsent =
                    ByteBuffer.allocate(2 * (unsent.position() + more))
                            .put(unsent.array(), 0, unsent.position());
        }
    }

    private void flush() throws IOException {
        out.write(unsent.array(), 0, unsent.position());
        unsent.clear();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
