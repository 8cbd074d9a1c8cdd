package io.millrace.training.samples;

import io.millrace.spi.LogRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Writes samples into two arrays, or into one when they have no labels. A record that is refused
 * leaves no trace in them.
 *
 * <p>Hot path: records are decoded into a batch that stays the same, and batches are written whole.
 */
final class ArrayPair implements AutoCloseable {

    private static final int BATCH_BYTES = 256 << 10;

    private final SampleDecoder decoder;
    private final NpyWriter x;
    private final @Nullable NpyWriter y;
    private final ByteBuffer inputs;
    private final ByteBuffer labels;
    private final int capacity;
    private int waiting;
    private long rows;

    private ArrayPair(SampleDecoder decoder, NpyWriter x, @Nullable NpyWriter y) {
        this.decoder = decoder;
        this.x = x;
        this.y = y;
        int largest = Math.max(decoder.inputBytes(), decoder.labelBytes());
        this.capacity = Math.max(1, BATCH_BYTES / largest);
        this.inputs = ByteBuffer.allocate(capacity * decoder.inputBytes());
        this.labels = ByteBuffer.allocate(y == null ? 0 : capacity * decoder.labelBytes());
    }

    static ArrayPair labelled(SampleDecoder decoder, Path xFile, Path yFile) throws IOException {
        NpyWriter x = create(decoder, xFile);
        try {
            return new ArrayPair(
                    decoder,
                    x,
                    NpyWriter.create(yFile, decoder.label().type(), decoder.label().shape()));
        } catch (IOException e) {
            x.close();
            throw e;
        }
    }

    static ArrayPair unlabelled(SampleDecoder decoder, Path xFile) throws IOException {
        return new ArrayPair(decoder, create(decoder, xFile), null);
    }

    private static NpyWriter create(SampleDecoder decoder, Path file) throws IOException {
        return NpyWriter.create(file, decoder.input().type(), decoder.input().shape());
    }

    /**
     * Takes one sample.
     *
     * @throws io.millrace.api.MillraceException when it cannot be decoded
     */
    void add(LogRecord record) throws IOException {
        decoder.decodeInput(record, inputs.array(), waiting);
        if (y != null) {
            decoder.decodeLabel(record, labels.array(), waiting);
        }
        waiting++;
        rows++;
        if (waiting == capacity) {
            flush();
        }
    }

    /** How many were taken. */
    long rows() {
        return rows;
    }

    private void flush() throws IOException {
        inputs.clear().limit(waiting * decoder.inputBytes());
        x.write(inputs, waiting);
        if (y != null) {
            labels.clear().limit(waiting * decoder.labelBytes());
            y.write(labels, waiting);
        }
        inputs.clear();
        labels.clear();
        waiting = 0;
    }

    void finish() throws IOException {
        flush();
        x.finish();
        if (y != null) {
            y.finish();
        }
    }

    @Override
    public void close() throws IOException {
        try (x) {
            if (y != null) {
                y.close();
            }
        }
    }
}
