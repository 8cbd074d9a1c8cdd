package io.millrace.codec.training;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.ErrorCode;
import io.millrace.api.LabelSpec;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How samples and their labels are written, in the words {@code input_format} and {@code
 * input_config} of senders.
 *
 * @param decode how a payload becomes the input of a model
 * @param label how a key becomes its label; empty where nothing is said, as for inference
 */
public record InputConfig(DecodeSpec decode, Optional<LabelSpec> label) {

    static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private static final int MOST_AXES = 16;
    private static final int LARGEST_EXTENT = 1 << 28;

    /** NumPy's and TensorFlow's words; {@code float} is the one that surprises. */
    private static final Map<String, DataType> OTHER_NAMES =
            Map.of("half", DataType.FP16, "double", DataType.FP64, "float", DataType.FP64);

    /**
     * Reads them.
     *
     * @param format such as {@code RAW}; empty means that
     * @param config a JSON object, or one as text
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED}, saying what was expected
     */
    public static InputConfig parse(String format, String config) {
        return parse(format, tree("input_config", config));
    }

    static InputConfig parse(String format, JsonNode config) {
        JsonNode read = config.isString() ? tree("input_config", config.stringValue()) : config;
        return switch (format.strip().toUpperCase(Locale.ROOT)) {
            case "", "RAW" -> raw(fields(read));
            case "AVRO" -> avro(fields(read));
            case "JSON" -> new InputConfig(decode(Format.JSON), Optional.empty());
            case "TELEGRAF_STR_JSON" ->
                    throw new MillraceException(
                            ErrorCode.UNSUPPORTED,
                            "input_format TELEGRAF_STR_JSON is not available in this version;"
                                    + " expected RAW, AVRO or JSON");
            default ->
                    throw MillraceException.invalid(
                            "input_format: expected RAW or AVRO, got \"%s\""
                                    .formatted(shorten(format)));
        };
    }

    private static JsonNode fields(JsonNode config) {
        if (!config.isObject()) {
            throw MillraceException.invalid(
                    "input_config: expected an object such as {\"data_type\": \"uint8\","
                            + " \"label_type\": \"uint8\", \"data_reshape\": \"28 28\"}, got "
                            + shorten(config.toString()));
        }
        return config;
    }

    private static InputConfig raw(JsonNode config) {
        DataType type =
                type(config, "data_type")
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "input_config.data_type: expected a type such as"
                                                + " uint8 or float32, got nothing"));
        if (type == DataType.BYTES) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "input_config.data_type: text cannot be the input of a model; expected a type"
                            + " of numbers such as uint8 or float32");
        }
        DecodeSpec decode = raw(type, shape(config, "data_reshape"));
        List<Integer> labelShape = shape(config, "label_reshape");
        return new InputConfig(
                decode, type(config, "label_type").map(label -> keyed(raw(label, labelShape))));
    }

    private static InputConfig avro(JsonNode config) {
        String data =
                schema(config, "data_scheme")
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "input_config.data_scheme: expected the Avro schema"
                                                + " of a record of numbers, got nothing"));
        return new InputConfig(
                avro(data), schema(config, "label_scheme").map(label -> keyed(avro(label))));
    }

    private static LabelSpec keyed(DecodeSpec decode) {
        return new LabelSpec(LabelSpec.Place.KEY, "", decode);
    }

    private static DecodeSpec decode(Format format) {
        return new DecodeSpec(format, List.of(), Optional.empty(), 1.0);
    }

    private static DecodeSpec raw(DataType type, List<Integer> shape) {
        return new DecodeSpec(
                Format.RAW,
                List.of(),
                Optional.of(type),
                1.0,
                DecodeSpec.Order.AS_LISTED,
                false,
                shape,
                Optional.empty(),
                Optional.empty());
    }

    private static DecodeSpec avro(String schema) {
        return new DecodeSpec(
                Format.AVRO,
                List.of(),
                Optional.empty(),
                1.0,
                DecodeSpec.Order.AS_LISTED,
                false,
                List.of(),
                Optional.of(schema),
                Optional.empty());
    }

    private static Optional<DataType> type(JsonNode config, String name) {
        Optional<String> text = text(config, name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String wanted = text.get().strip().toLowerCase(Locale.ROOT);
        DataType other = OTHER_NAMES.get(wanted);
        Optional<DataType> found = other == null ? DataType.find(wanted) : Optional.of(other);
        if (found.isEmpty()) {
            throw MillraceException.invalid(
                    "input_config.%s: expected float16, float32, float64, int8 to int64, uint8 to uint64, bool or string, got \"%s\""
                            .formatted(name, shorten(text.get())));
        }
        return found;
    }

    /** Extents between spaces; commas and brackets, as Python prints a shape, do no harm. */
    private static List<Integer> shape(JsonNode config, String name) {
        String text = text(config, name).orElse("");
        var shape = new ArrayList<Integer>();
        for (String part : text.split("[\\s,()\\[\\]]+", -1)) {
            if (!part.isEmpty()) {
                shape.add(extent(name, text, part));
            }
        }
        if (shape.size() > MOST_AXES) {
            throw wrongShape(name, text);
        }
        return shape;
    }

    private static int extent(String name, String text, String part) {
        try {
            int extent = Integer.parseInt(part);
            if (extent >= 1 && extent <= LARGEST_EXTENT) {
                return extent;
            }
        } catch (NumberFormatException _) {
            // the same answer as for numbers that are no extents
        }
        throw wrongShape(name, text);
    }

    private static MillraceException wrongShape(String name, String text) {
        return MillraceException.invalid(
                "input_config.%s: expected extents with spaces between them, such as \"28 28\", got \"%s\""
                        .formatted(name, shorten(text)));
    }

    private static Optional<String> schema(JsonNode config, String name) {
        JsonNode value = config.path(name);
        if (value.isObject() || value.isArray()) {
            return Optional.of(value.toString());
        }
        Optional<String> text = text(config, name);
        if (text.isEmpty() || isJson(text.get())) {
            return text;
        }
        // Senders in Python write schemas with the quotes of Python.
        String mended = text.get().replace('\'', '"');
        if (!isJson(mended)) {
            throw MillraceException.invalid(
                    "input_config.%s: expected an Avro schema as JSON, got \"%s\""
                            .formatted(name, shorten(text.get())));
        }
        return Optional.of(mended);
    }

    private static boolean isJson(String text) {
        try {
            JsonNode tree = JSON.readTree(text);
            return tree != null && !tree.isMissingNode();
        } catch (JacksonException _) {
            return false;
        }
    }

    /** A text, or a number as text; nothing and an empty text are the same. */
    static Optional<String> text(JsonNode fields, String name) {
        JsonNode value = fields.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString() && !value.isNumber()) {
            throw MillraceException.invalid(
                    "%s: expected text, got %s".formatted(name, shorten(value.toString())));
        }
        String text = value.isString() ? value.stringValue() : value.toString();
        return text.isBlank() ? Optional.empty() : Optional.of(text);
    }

    static JsonNode tree(String what, String text) {
        try {
            JsonNode tree = JSON.readTree(text);
            if (tree != null && !tree.isMissingNode()) {
                return tree;
            }
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "%s: expected JSON, got \"%s\" (%s)"
                            .formatted(what, shorten(text), shorten(e.getOriginalMessage())),
                    e);
        }
        throw MillraceException.invalid(what + ": expected JSON, got nothing");
    }

    static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 77) + "...";
    }

    /** The word of a format that senders know. */
    public static String format(DecodeSpec decode) {
        return decode.format().name();
    }

    /** The object that says the same in the words of senders. */
    public static String json(DecodeSpec decode, LabelSpec label) {
        return tree(decode, label).toString();
    }

    static ObjectNode tree(DecodeSpec decode, LabelSpec label) {
        ObjectNode config = JSON.createObjectNode();
        if (decode.format() == Format.AVRO) {
            config.put("data_scheme", decode.schema().orElse(""));
            label.decode().schema().ifPresent(schema -> config.put("label_scheme", schema));
            return config;
        }
        decode.type().ifPresent(type -> config.put("data_type", type.plainName()));
        label.decode().type().ifPresent(type -> config.put("label_type", type.plainName()));
        config.put("data_reshape", shapeText(decode));
        config.put("label_reshape", shapeText(label.decode()));
        return config;
    }

    private static String shapeText(DecodeSpec decode) {
        return String.join(" ", decode.shape().stream().map(String::valueOf).toList());
    }
}
