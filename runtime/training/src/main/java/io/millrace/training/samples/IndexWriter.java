package io.millrace.training.samples;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Writes numbers of rows, one after another, as an array of 64-bit integers. */
final class IndexWriter implements AutoCloseable {

    private static final int BUFFER = 64 << 10;

    private final NpyWriter file;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

    IndexWriter(Path path) throws IOException {
        this.file = NpyWriter.create(path, DataType.INT64, Shape.of(Shape.ANY));
    }

    void add(long row) throws IOException {
        if (!buffer.hasRemaining()) {
            flush();
        }
        buffer.putLong(row);
    }

    int headerBytes() {
        return file.headerBytes();
    }

    private void flush() throws IOException {
        buffer.flip();
        file.write(buffer, buffer.limit() / Long.BYTES);
        buffer.clear();
    }

    void finish() throws IOException {
        flush();
        file.finish();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
