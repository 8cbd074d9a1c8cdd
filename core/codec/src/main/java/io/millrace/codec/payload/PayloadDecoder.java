package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;

/**
 * Decodes payloads straight into the memory of a batch: no intermediate values, no allocation
 * unless a payload is refused. Made once for a declared format and a model's input; not safe for
 * several threads, since it keeps its place in the payload between calls to its parts. Where there
 * is no model yet, {@link SampleFormat} finds the input that samples describe.
 */
public sealed interface PayloadDecoder
        permits MessagePackDecoder,
                JsonDecoder,
                RawDecoder,
                AvroDecoder,
                CsvDecoder,
                ImageDecoder,
                NpyDecoder {

    /**
     * The decoder for a model's input whose first axis counts items.
     *
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED} when payloads of this
     *     declaration can never become this input
     */
    static PayloadDecoder of(DecodeSpec spec, TensorSpec input) {
        ItemLayout layout = ItemLayout.of(spec, input);
        return switch (spec.format()) {
            case MSGPACK -> new MessagePackDecoder(layout);
            case JSON -> new JsonDecoder(layout);
            case RAW -> new RawDecoder(layout, ItemLayout.rawType(spec));
            case AVRO -> new AvroDecoder(layout, AvroSchema.of(spec), spec.fields());
            case CSV -> new CsvDecoder(layout, spec.fields());
            case IMAGE -> new ImageDecoder(layout, SampleFormat.image(spec));
            case NPY -> new NpyDecoder(layout);
        };
    }

    /** What the elements are. */
    DataType type();

    /** The extents of one item. */
    Shape itemShape();

    /** How many bytes one item takes in the batch. */
    int itemBytes();

    /**
     * Decodes one payload into its place in the batch. What is in that place is undefined when the
     * payload is refused; other places are never touched.
     *
     * @param payload all of it is the value: bytes that follow it are refused
     * @param batch at least {@code (item + 1) * itemBytes()} bytes
     * @param item its place, from 0
     * @throws MillraceException {@code INVALID}, with what was expected and what came
     */
    void decode(byte[] payload, byte[] batch, int item);

    /**
     * The tensor of some items of a batch, over the array itself, not a copy; its memory is not
     * aligned.
     */
    default Tensor.Numeric tensor(byte[] batch, int first, int items) {
        Shape item = itemShape();
        long[] extents = new long[item.rank() + 1];
        extents[0] = items;
        for (int axis = 0; axis < item.rank(); axis++) {
            extents[axis + 1] = item.extent(axis);
        }
        long bytes = itemBytes();
        return new Tensor.Numeric(
                type(),
                Shape.of(extents),
                MemorySegment.ofArray(batch).asSlice(first * bytes, items * bytes));
    }
}
