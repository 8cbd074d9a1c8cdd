package io.millrace.function;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Frames over a byte channel. One thread reads and writes at a time; {@link #close} may come from
 * any thread and ends a read or write that is under way.
 *
 * <p>Hot path: nothing is allocated for a frame but the payloads that are handed on.
 */
final class FrameChannel implements Closeable {

    private static final int BUFFER = 256 << 10;

    private final ByteChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip();
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
    private final ReentrantLock use = new ReentrantLock();
    private int unread;
    private int unwritten;

    FrameChannel(ByteChannel channel) {
        this.channel = channel;
    }

    /**
     * Held by whoever is in the middle of writing frames or of an exchange that must not be cut.
     */
    ReentrantLock use() {
        return use;
    }

    /**
     * Waits for the next frame.
     *
     * @param longest what its body may have at most, in bytes
     * @return its kind
     */
    int nextFrame(int longest) throws IOException {
        if (unread != 0) {
            throw new ProtocolViolation("a frame has " + unread + " bytes too many");
        }
        need(5);
        int length = in.getInt();
        int kind = in.get();
        if (length < 1 || length - 1 > longest) {
            throw new ProtocolViolation("a frame of kind " + kind + " claims " + length + " bytes");
        }
        unread = length - 1;
        return kind;
    }

    int readByte() throws IOException {
        take(1);
        return in.get() & 0xff;
    }

    int readInt() throws IOException {
        take(4);
        return in.getInt();
    }

    long readLong() throws IOException {
        take(8);
        return in.getLong();
    }

    byte[] readBytes(int length) throws IOException {
        if (length < 0 || length > unread) {
            throw new ProtocolViolation("a frame ends too early");
        }
        unread -= length;
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            if (!in.hasRemaining()) {
                fill();
            }
            int count = Math.min(in.remaining(), length - at);
            in.get(bytes, at, count);
            at += count;
        }
        return bytes;
    }

    String readText() throws IOException {
        int length = readInt();
        if (length > Protocol.MAX_TEXT) {
            throw new ProtocolViolation("a text claims " + length + " bytes");
        }
        return new String(readBytes(length), StandardCharsets.UTF_8);
    }

    /** How much of the current frame has not been read. */
    int unread() {
        return unread;
    }

    /** Begins a frame; exactly so many bytes of body must follow before {@link #flush}. */
    void beginFrame(int kind, int length) throws IOException {
        if (unwritten != 0 || length < 0 || length >= Protocol.MAX_FRAME) {
            throw new IllegalStateException("frame of " + length + ", owed " + unwritten);
        }
        unwritten = length + 5;
        writeInt(length + 1);
        writeByte(kind);
    }

    void writeByte(int value) throws IOException {
        room(1);
        out.put((byte) value);
    }

    void writeShort(int value) throws IOException {
        room(2);
        out.putShort((short) value);
    }

    void writeInt(int value) throws IOException {
        room(4);
        out.putInt(value);
    }

    void writeLong(long value) throws IOException {
        room(8);
        out.putLong(value);
    }

    void writeBytes(byte[] bytes) throws IOException {
        unwritten -= bytes.length;
        int at = 0;
        while (at < bytes.length) {
            if (!out.hasRemaining()) {
                send();
            }
            int count = Math.min(out.remaining(), bytes.length - at);
            out.put(bytes, at, count);
            at += count;
        }
    }

    void writeText(byte[] utf8) throws IOException {
        writeInt(utf8.length);
        writeBytes(utf8);
    }

    /** Sends what was written. */
    void flush() throws IOException {
        if (unwritten != 0) {
            throw new IllegalStateException("a frame lacks " + unwritten + " bytes");
        }
        send();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void take(int count) throws IOException {
        if (count > unread) {
            throw new ProtocolViolation("a frame ends too early");
        }
        need(count);
        unread -= count;
    }

    private void need(int count) throws IOException {
        while (in.remaining() < count) {
            fill();
        }
    }

    private void fill() throws IOException {
        in.compact();
        int count = channel.read(in);
        in.flip();
        if (count < 0) {
            throw new EOFException("the worker closed its connection");
        }
    }

    private void room(int count) throws IOException {
        unwritten -= count;
        if (out.remaining() < count) {
            send();
        }
    }

    private void send() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }
}
