package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ErrorCode;
import io.millrace.api.ImageSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What samples look like where no model says it: the declaration and the first sample do.
 *
 * @param decode the declaration, with what the first sample added: the type of its numbers where
 *     another was declared, and the columns that are input
 * @param tensor the tensor of many samples; its first extent is open
 */
public record SampleFormat(DecodeSpec decode, TensorSpec tensor) {

    /**
     * Finds it.
     *
     * @param name of the tensor, for messages
     * @param excluded fields of the payload that hold the label
     * @throws MillraceException {@code INVALID}, {@code UNSUPPORTED} or {@code TOO_LARGE} when such
     *     samples cannot be decoded
     */
    public static SampleFormat of(
            DecodeSpec decode, byte[] first, String name, Set<String> excluded) {
        DecodeSpec chosen =
                decode.format() == Format.CSV ? columns(decode, first, excluded) : decode;
        SampleFormat format =
                switch (chosen.format()) {
                    case RAW -> RawSample.of(chosen, first, name);
                    case AVRO -> avro(chosen, name);
                    case CSV -> floats(chosen, name, List.of(chosen.fields().size()));
                    case IMAGE -> image(chosen, name);
                    case NPY -> npy(chosen, first, name);
                    case JSON -> tree(chosen, PayloadTree.ofJson(first), name);
                    case MSGPACK -> tree(chosen, PayloadTree.ofMessagePack(first), name);
                };
        PayloadDecoder decoder = format.decoder();
        decoder.decode(first, new byte[decoder.itemBytes()], 0);
        return format;
    }

    /** A decoder of such samples. */
    public PayloadDecoder decoder() {
        return PayloadDecoder.of(decode, tensor);
    }

    /**
     * Looks at a schema of Avro.
     *
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED} when there are no decoders
     *     for it
     */
    public static void checkSchema(String schema) {
        AvroSchema.parse(schema);
    }

    static ImageSpec image(DecodeSpec spec) {
        return spec.image()
                .orElseThrow(() ->
                        MillraceException.invalid(
                                "image payloads need the size that they are scaled to"));
    }

    /** Columns that hold the label are no input. */
    private static DecodeSpec columns(DecodeSpec decode, byte[] first, Set<String> excluded) {
        if (!decode.fields().isEmpty()) {
            return decode;
        }
        var fields = new ArrayList<String>();
        int count = CsvColumns.count(first);
        for (int column = 0; column < count; column++) {
            String name = String.valueOf(column);
            if (!excluded.contains(name)) {
                fields.add(name);
            }
        }
        if (fields.isEmpty()) {
            throw MillraceException.invalid(
                    "payload: expected columns besides that of the label, got %d".formatted(count));
        }
        return with(decode, fields, decode.type());
    }

    static DecodeSpec with(DecodeSpec decode, List<String> fields, Optional<DataType> type) {
        return new DecodeSpec(
                decode.format(),
                fields,
                type,
                decode.scale(),
                decode.order(),
                decode.takesText(),
                decode.shape(),
                decode.schema(),
                decode.image());
    }

    private static SampleFormat floats(DecodeSpec decode, String name, List<Integer> extents) {
        return sample(decode, name, DataType.FP32, extents);
    }

    /** Numbers that are scaled have fractions, and NumPy has no bfloat16. */
    static SampleFormat sample(
            DecodeSpec decode, String name, DataType type, List<Integer> derived) {
        boolean isScaled = decode.scale() != 1.0 && !type.isFloat();
        DataType kept = isScaled || type == DataType.BF16 ? DataType.FP32 : type;
        List<Integer> item = decode.shape().isEmpty() ? derived : decode.shape();
        long[] extents = new long[item.size() + 1];
        extents[0] = Shape.ANY;
        for (int axis = 0; axis < item.size(); axis++) {
            extents[axis + 1] = item.get(axis);
        }
        return new SampleFormat(decode, new TensorSpec(name, kept, Shape.of(extents)));
    }

    private static SampleFormat avro(DecodeSpec decode, String name) {
        AvroSchema schema = AvroSchema.of(decode);
        int[] chosen = schema.chosen(decode.fields());
        return sample(decode, name, schema.tensorType(chosen), List.of(chosen.length));
    }

    private static SampleFormat image(DecodeSpec decode, String name) {
        ImageSpec image = image(decode);
        return sample(
                decode,
                name,
                DataType.UINT8,
                List.of(image.height(), image.width(), image.colour().channels()));
    }

    private static SampleFormat npy(DecodeSpec decode, byte[] first, String name) {
        NpyHeader header = NpyHeader.parse(first);
        var extents = new ArrayList<Integer>();
        for (long extent : header.shape().toArray()) {
            extents.add(whole(extent, name));
        }
        return sample(decode, name, header.type(), extents);
    }

    private static int whole(long extent, String name) {
        if (extent > Integer.MAX_VALUE) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE, "%s: an extent of %d".formatted(name, extent));
        }
        return (int) extent;
    }

    private static SampleFormat tree(DecodeSpec decode, Optional<JsonNode> payload, String name) {
        JsonNode tree =
                payload.orElseThrow(() ->
                        MillraceException.invalid(
                                "payload: expected %s, got something else"
                                        .formatted(
                                                decode.format() == Format.JSON
                                                        ? "JSON"
                                                        : "MessagePack")));
        List<String> fields = decode.fields();
        if (fields.isEmpty()) {
            return floats(decode, name, extents(tree));
        }
        var extents = new ArrayList<Integer>();
        if (fields.size() > 1) {
            extents.add(fields.size());
        }
        // A field that is missing is told by the decoder, which knows the words.
        extents.addAll(extents(tree.path(fields.getFirst())));
        return floats(decode, name, extents);
    }

    private static List<Integer> extents(JsonNode value) {
        var extents = new ArrayList<Integer>();
        JsonNode inner = value;
        while (inner.isArray() && extents.size() < ItemLayout.MAX_RANK - 1) {
            extents.add(inner.size());
            inner = inner.path(0);
        }
        return extents;
    }
}
