package io.millrace.training.samples;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.codec.payload.NpyHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes an array row by row; how many there are is written at the end, into room that was left in
 * the header. It writes through the channel rather than a mapping: a disk that is full is then an
 * exception and not the end of the process.
 */
final class NpyWriter implements AutoCloseable {

    private static final int LEAST_HEADER = 128;

    private final FileChannel channel;
    private final DataType type;
    private final Shape shape;
    private final int headerBytes;
    private long rows;

    private NpyWriter(FileChannel channel, DataType type, Shape shape, int headerBytes) {
        this.channel = channel;
        this.type = type;
        this.shape = shape;
        this.headerBytes = headerBytes;
    }

    /**
     * Makes the file.
     *
     * @param shape of the whole; its first extent is not looked at
     */
    static NpyWriter create(Path file, DataType type, Shape shape) throws IOException {
        byte[] header = NpyHeader.write(type, shape.withItems(Long.MAX_VALUE), LEAST_HEADER);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        var writer = new NpyWriter(channel, type, shape, header.length);
        writer.put(ByteBuffer.wrap(header));
        return writer;
    }

    /** Where the numbers begin. */
    int headerBytes() {
        return headerBytes;
    }

    /** Appends rows. */
    void write(ByteBuffer bytes, long count) throws IOException {
        put(bytes);
        rows += count;
    }

    private void put(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Says in the header how many rows there are. */
    void finish() throws IOException {
        ByteBuffer header =
                ByteBuffer.wrap(NpyHeader.write(type, shape.withItems(rows), headerBytes));
        long at = 0;
        while (header.hasRemaining()) {
            at += channel.write(header, at);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
