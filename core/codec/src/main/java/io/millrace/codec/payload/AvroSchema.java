package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The part of Avro's schemas that samples use: a record of primitives, or of unions of null and one
 * primitive.
 *
 * @param fields in the order of the schema, at least one
 */
record AvroSchema(List<Field> fields) {

    private static final int MOST_FIELDS = 100_000;
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final Map<String, Primitive> PRIMITIVES =
            Map.of(
                    "null", Primitive.NULL,
                    "boolean", Primitive.BOOLEAN,
                    "int", Primitive.INT,
                    "long", Primitive.LONG,
                    "float", Primitive.FLOAT,
                    "double", Primitive.DOUBLE,
                    "bytes", Primitive.BYTES,
                    "string", Primitive.STRING);

    /** What a field holds. */
    enum Primitive {
        NULL,
        BOOLEAN,
        INT,
        LONG,
        FLOAT,
        DOUBLE,
        BYTES,
        STRING;

        boolean isNumber() {
            return this == BOOLEAN
                    || this == INT
                    || this == LONG
                    || this == FLOAT
                    || this == DOUBLE;
        }

        /** The type of tensors that holds all of its values. */
        DataType tensorType() {
            return switch (this) {
                case BOOLEAN -> DataType.BOOL;
                case INT -> DataType.INT32;
                case LONG -> DataType.INT64;
                case FLOAT -> DataType.FP32;
                case DOUBLE -> DataType.FP64;
                case NULL, BYTES, STRING -> DataType.BYTES;
            };
        }
    }

    /**
     * One field.
     *
     * @param name as the schema says
     * @param primitive what it holds
     * @param nullBranch which branch of its union is null; -1 when it is no union
     */
    record Field(String name, Primitive primitive, int nullBranch) {}

    AvroSchema {
        fields = List.copyOf(fields);
    }

    static AvroSchema of(DecodeSpec spec) {
        return parse(
                spec.schema()
                        .orElseThrow(
                                () -> MillraceException.invalid("avro payloads need a schema")));
    }

    /**
     * Reads a schema.
     *
     * @throws MillraceException {@code INVALID} when it is none, {@code UNSUPPORTED} when it is
     *     none of these
     */
    static AvroSchema parse(String text) {
        JsonNode tree = tree(text);
        if (!tree.isObject() || !"record".equals(tree.path("type").stringValue(""))) {
            return new AvroSchema(List.of(field("value", tree)));
        }
        JsonNode declared = tree.path("fields");
        if (!declared.isArray() || declared.isEmpty() || declared.size() > MOST_FIELDS) {
            throw MillraceException.invalid(
                    "the Avro schema: expected a record with a list of fields");
        }
        var fields = new ArrayList<Field>();
        var names = new HashSet<String>();
        for (JsonNode each : declared) {
            String name = each.path("name").stringValue("");
            if (name.isEmpty() || !names.add(name)) {
                throw MillraceException.invalid(
                        "the Avro schema: field %d has no name of its own"
                                .formatted(fields.size()));
            }
            fields.add(field(name, each.path("type")));
        }
        return new AvroSchema(fields);
    }

    private static JsonNode tree(String text) {
        try {
            JsonNode tree = JSON.readTree(text);
            if (tree != null && !tree.isMissingNode()) {
                return tree;
            }
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "the Avro schema is no JSON: " + e.getOriginalMessage(), e);
        }
        throw MillraceException.invalid("the Avro schema is empty");
    }

    private static Field field(String name, JsonNode type) {
        if (!type.isArray()) {
            return new Field(name, primitive(name, type), -1);
        }
        if (type.size() != 2) {
            throw unsupported(name, type);
        }
        Primitive first = primitive(name, type.get(0));
        Primitive second = primitive(name, type.get(1));
        if ((first == Primitive.NULL) == (second == Primitive.NULL)) {
            throw unsupported(name, type);
        }
        return first == Primitive.NULL ? new Field(name, second, 0) : new Field(name, first, 1);
    }

    /** A primitive may stand in an object of its own, as logical types do. */
    private static Primitive primitive(String name, JsonNode type) {
        JsonNode word = type.isObject() ? type.path("type") : type;
        Primitive primitive = word.isString() ? PRIMITIVES.get(word.stringValue()) : null;
        if (primitive == null) {
            throw unsupported(name, type);
        }
        return primitive;
    }

    private static MillraceException unsupported(String name, JsonNode type) {
        String shown = type.toString();
        return new MillraceException(
                ErrorCode.UNSUPPORTED,
                "the Avro schema: expected field '%s' to be a primitive, or a union of null and one, got %s"
                        .formatted(
                                name,
                                shown.length() > 80 ? shown.substring(0, 77) + "..." : shown));
    }

    /** Where a field stands, or -1. */
    int indexOf(String name) {
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** The fields that make the vector, by their places: those that are named, or all. */
    int[] chosen(List<String> names) {
        int[] chosen = new int[names.isEmpty() ? fields.size() : names.size()];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = names.isEmpty() ? i : indexOf(names.get(i));
            if (chosen[i] < 0) {
                throw MillraceException.invalid(
                        "the Avro schema has no field '%s'; it has %s"
                                .formatted(
                                        names.get(i),
                                        fields.stream().map(Field::name).limit(20).toList()));
            }
            Field field = fields.get(chosen[i]);
            if (!field.primitive().isNumber()) {
                throw new MillraceException(
                        ErrorCode.UNSUPPORTED,
                        "the Avro schema: field '%s' is %s; expected a number or boolean in each field of the vector"
                                .formatted(
                                        field.name(),
                                        field.primitive()
                                                .name()
                                                .toLowerCase(java.util.Locale.ROOT)));
            }
        }
        return chosen;
    }

    /** The one type of some fields; of different ones, one that holds all of them. */
    DataType tensorType(int[] chosen) {
        Primitive common = fields.get(chosen[0]).primitive();
        boolean isWide = false;
        boolean isSame = true;
        for (int index : chosen) {
            Primitive each = fields.get(index).primitive();
            isSame &= each == common;
            isWide |= each == Primitive.DOUBLE || each == Primitive.LONG || each == Primitive.INT;
        }
        if (isSame) {
            return common.tensorType();
        }
        return isWide ? DataType.FP64 : DataType.FP32;
    }
}
