package io.millrace.training.judge;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.payload.NpyHeader;
import io.millrace.training.samples.SampleSet;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The test samples of a dataset, mapped into memory. Used by one thread, and closed by it.
 *
 * <pre>
 *   test.npy  rows ──▶ x.npy  one input a row  ──▶ tensors as a model takes them
 *                  └─▶ y.npy  one label a row  ──▶ numbers
 * </pre>
 */
final class HeldBackSamples implements AutoCloseable {

    private static final int MOST_HEADER = 1 << 16;
    private static final ValueLayout.OfLong INT64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofConfined();
    private final Array x;
    private final Array y;
    private final Array rows;

    private record Array(NpyHeader header, MemorySegment values) {
        long perRow() {
            return header.shape().elementsPerItem();
        }

        MemorySegment row(long row) {
            long bytes = perRow() * header.type().bytes();
            return values.asSlice(row * bytes, bytes);
        }
    }

    private HeldBackSamples(SampleSet set) throws IOException {
        try {
            x = map(set.xFile());
            y = map(set.yFile());
            rows = map(set.testFile());
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    static HeldBackSamples open(SampleSet set) throws IOException {
        return new HeldBackSamples(set);
    }

    private Array map(Path file) throws IOException {
        byte[] begin;
        try (InputStream in = Files.newInputStream(file)) {
            begin = in.readNBytes(MOST_HEADER);
        }
        NpyHeader header = NpyHeader.parse(begin);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long length = channel.size() - header.length();
            return new Array(
                    header,
                    channel.map(FileChannel.MapMode.READ_ONLY, header.length(), length, arena));
        }
    }

    /** How many samples there are. */
    long count() {
        return rows.header().shape().extent(0);
    }

    /** How many numbers a label is. */
    int labelWidth() {
        return (int) y.perRow();
    }

    /** A number of a label. */
    double label(long sample, int index) {
        return Elements.read(y.header().type(), y.row(row(sample)), index);
    }

    private long row(long sample) {
        return rows.values().get(INT64, sample * Long.BYTES);
    }

    /**
     * Some samples as the input of a model.
     *
     * @param items how many the tensor holds; beyond the last sample it is repeated
     * @throws MillraceException {@code INVALID} when the model takes inputs of another size
     */
    Tensor inputs(TensorSpec wanted, long from, int items) {
        Shape shape = shape(wanted, items);
        long perItem = x.perRow();
        DataType type = wanted.type();
        MemorySegment data =
                MemorySegment.ofArray(new byte[Math.toIntExact(items * perItem * type.bytes())]);
        for (int item = 0; item < items; item++) {
            long row = row(Math.min(from + item, count() - 1));
            copy(x.row(row), type, data, item * perItem, perItem);
        }
        return new Tensor.Numeric(type, shape, data);
    }

    private void copy(MemorySegment from, DataType type, MemorySegment to, long at, long count) {
        DataType own = x.header().type();
        if (own == type) {
            MemorySegment.copy(from, 0, to, at * type.bytes(), count * type.bytes());
            return;
        }
        for (long i = 0; i < count; i++) {
            Elements.write(type, to, at + i, Elements.read(own, from, i));
        }
    }

    /** The model's own shape where it says it, and that of the samples where it does not. */
    private Shape shape(TensorSpec wanted, int items) {
        Shape own = x.header().shape().withItems(items);
        Shape asked = wanted.shape();
        if (asked.rank() > 0 && asked.withItems(items).isFixed()) {
            Shape fixed = asked.withItems(items);
            if (fixed.elements() == own.elements()) {
                return fixed;
            }
        } else if (asked.rank() == own.rank() && asked.withItems(Shape.ANY).accepts(own)) {
            return own;
        }
        throw MillraceException.invalid(
                "it takes inputs %s, the samples are %s%s"
                        .formatted(
                                wanted,
                                x.header().type().plainName(),
                                x.header().shape().withItems(Shape.ANY)));
    }

    @Override
    public void close() {
        arena.close();
    }
}
