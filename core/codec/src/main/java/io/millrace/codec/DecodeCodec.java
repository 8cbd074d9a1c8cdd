package io.millrace.codec;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ImageSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import io.millrace.codec.payload.SampleFormat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code decode} of a model step, a dataset or a label. */
final class DecodeCodec {

    private static final int MOST_AXES = 16;
    private static final int LARGEST_EXTENT = 1 << 28;

    private static final Map<String, Format> FORMATS = Words.of(Format.values());
    private static final Map<String, DecodeSpec.Order> ORDERS = Words.of(DecodeSpec.Order.values());
    private static final Map<String, DataType> NUMBERS = types(false);
    private static final Map<String, DataType> LABELS = types(true);

    private DecodeCodec() {}

    /** Reads how payloads become numbers; JSON without fields when nothing is declared. */
    static DecodeSpec read(Value value) {
        return read(value, false);
    }

    /** Reads how labels are written: text too, which names classes. */
    static DecodeSpec readLabel(Value value) {
        return read(value, true);
    }

    private static DecodeSpec read(Value value, boolean isLabel) {
        if (!value.isPresent()) {
            return new DecodeSpec(Format.JSON, List.of(), Optional.empty(), 1.0);
        }
        Fields fields = value.fields().later("resize", "greyscale", "invert", "offset");
        Value order = fields.optional("order");
        Value takesText = fields.optional("textNumbers");
        Value word = fields.required("format");
        Format format = word.choice("decode format", FORMATS, Set.of());
        boolean isKnown = word.isOneOf(FORMATS.keySet());
        Value scale = fields.optional("scale");
        List<String> names = names(fields, format);
        Optional<DataType> type = type(value, fields.optional("type"), format, isKnown, isLabel);
        double factor = scale.isPresent() ? scale.decimal() : 1.0;
        if (order.isPresent() && names.size() < 2) {
            order.problem("an order needs at least two fields");
        }
        if (takesText.isPresent() && format != Format.JSON) {
            takesText.problem("only format json has numbers written as text");
        }
        DecodeSpec.Order chosen = order.choice("order", ORDERS, Set.of());
        List<Integer> shape = shape(fields.optional("shape"));
        Optional<String> schema = schema(value, fields.optional("schema"), format, isKnown);
        Optional<ImageSpec> image = image(value, fields.optional("image"), format, isKnown);
        fields.rejectUnknown();
        return new DecodeSpec(
                format, names, type, factor, chosen, takesText.bool(false), shape, schema, image);
    }

    private static List<String> names(Fields fields, Format format) {
        Value field = fields.optional("field");
        Value several = fields.optional("fields");
        if (field.isPresent() && several.isPresent()) {
            several.problem("only one of field, fields is allowed");
        }
        List<String> names =
                field.isPresent()
                        ? List.of(
                                format == Format.CSV ? field.filledLooseText() : field.filledText())
                        : several.texts();
        Value.refuseDuplicates("field", several.items());
        boolean hasNone = format == Format.RAW || format == Format.IMAGE || format == Format.NPY;
        if (hasNone && !names.isEmpty()) {
            (field.isPresent() ? field : several)
                    .problem(
                            "format %s has no fields: the whole payload is the value"
                                    .formatted(Words.word(format)));
        }
        if (format == Format.CSV) {
            checkColumns(field.isPresent() ? List.of(field) : several.items());
        }
        return names;
    }

    private static void checkColumns(List<Value> columns) {
        for (Value column : columns) {
            String text = column.looseText();
            boolean isNumber = text.matches("0|[1-9][0-9]{0,5}");
            if (!isNumber) {
                column.problem(
                        "fields of format csv are numbers of columns, from 0; got '%s'"
                                .formatted(DocumentParser.shorten(text)));
            }
        }
    }

    private static Optional<DataType> type(
            Value decode, Value type, Format format, boolean isKnown, boolean isLabel) {
        if (!type.isPresent()) {
            if (format == Format.RAW) {
                decode.problem(
                        "missing 'type': format raw needs the type of its numbers, e.g. float32");
            }
            return Optional.empty();
        }
        boolean takesText = isLabel && (format == Format.CSV || format == Format.JSON);
        if (format != Format.RAW && !takesText) {
            if (isKnown) {
                type.problem("only format raw has a type");
            }
            return Optional.empty();
        }
        DataType chosen =
                type.choice("type", isLabel ? LABELS : NUMBERS, Set.of("string", "bytes"));
        if (format != Format.RAW && chosen != DataType.BYTES) {
            type.problem(
                    "labels of format %s are numbers, or of type string"
                            .formatted(Words.word(format)));
        }
        return Optional.of(chosen);
    }

    /** A list of extents, one extent, or extents in a text with spaces between them. */
    private static List<Integer> shape(Value value) {
        if (!value.isPresent()) {
            return List.of();
        }
        var shape = new ArrayList<Integer>();
        if (value.node() instanceof ListNode) {
            value.items().forEach(item -> shape.add(item.integer(1, LARGEST_EXTENT)));
        } else {
            for (String part : value.looseText().strip().split("\\s+", -1)) {
                if (!part.matches("[1-9][0-9]{0,8}") || Integer.parseInt(part) > LARGEST_EXTENT) {
                    value.problem(
                            "expected extents such as [28, 28] or \"28 28\", got '%s'"
                                    .formatted(DocumentParser.shorten(value.looseText())));
                    return List.of();
                }
                shape.add(Integer.parseInt(part));
            }
        }
        if (shape.isEmpty() || shape.size() > MOST_AXES) {
            value.problem(
                    "expected from 1 to %d extents, got %d".formatted(MOST_AXES, shape.size()));
        }
        return shape;
    }

    private static Optional<String> schema(
            Value decode, Value schema, Format format, boolean isKnown) {
        if (format != Format.AVRO) {
            if (schema.isPresent() && isKnown) {
                schema.problem("only format avro has a schema");
            }
            return Optional.empty();
        }
        if (!schema.isPresent()) {
            decode.problem(
                    "missing 'schema': format avro needs the schema of its records, as JSON");
            return Optional.empty();
        }
        String text =
                schema.node() instanceof ScalarNode
                        ? schema.filledText()
                        : JsonText.of(schema.node());
        try {
            SampleFormat.checkSchema(text);
        } catch (MillraceException e) {
            schema.problem(e.text());
        }
        return Optional.of(text);
    }

    private static Optional<ImageSpec> image(
            Value decode, Value image, Format format, boolean isKnown) {
        if (format != Format.IMAGE) {
            if (image.isPresent() && isKnown) {
                image.problem("only format image has an image");
            }
            return Optional.empty();
        }
        if (!image.isPresent()) {
            decode.problem(
                    "missing 'image': format image needs the size that pictures are scaled to, such"
                            + " as {height: 28, width: 28, colour: grey}");
            return Optional.empty();
        }
        return Optional.of(ImageCodec.read(image));
    }

    private static Map<String, DataType> types(boolean hasText) {
        var types = new LinkedHashMap<String, DataType>();
        for (DataType type : DataType.values()) {
            if (hasText || type != DataType.BYTES) {
                types.put(type.plainName(), type);
            }
        }
        for (DataType type : DataType.values()) {
            if (type != DataType.BYTES) {
                types.putIfAbsent(type.protocolName(), type);
            }
        }
        return types;
    }

    static MapNode write(DecodeSpec decode) {
        var map = Node.map().put("format", Words.word(decode.format()));
        if (decode.fields().size() == 1) {
            map.put("field", decode.fields().getFirst());
        } else if (!decode.fields().isEmpty()) {
            map.put("fields", Node.texts(decode.fields()));
        }
        decode.type().ifPresent(type -> map.put("type", type.plainName()));
        map.put("scale", decode.scale());
        if (decode.order() != DecodeSpec.Order.AS_LISTED) {
            map.put("order", Words.word(decode.order()));
        }
        if (decode.takesText()) {
            map.put("textNumbers", true);
        }
        if (!decode.shape().isEmpty()) {
            map.put(
                    "shape",
                    Node.list(decode.shape().stream().map(extent -> Node.number(extent)).toList()));
        }
        decode.schema().ifPresent(schema -> map.put("schema", schema));
        decode.image().ifPresent(image -> map.put("image", ImageCodec.write(image)));
        return map.build();
    }
}
