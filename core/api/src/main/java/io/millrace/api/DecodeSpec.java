package io.millrace.api;

import io.millrace.api.tensor.DataType;
import java.util.List;
import java.util.Optional;

/**
 * How a payload becomes the input of a model.
 *
 * @param format how the payload is written
 * @param fields the map fields that hold the values, in tensor order; empty when the whole payload
 *     is the value
 * @param type of the raw numbers; only for {@link Format#RAW}, where it is needed
 * @param scale each number is multiplied by it
 * @param order how the fields stand in the tensor
 * @param takesText whether numbers may be written as text, {@code "0.5"}; only for JSON
 * @param shape extents of the decoded value, as senders of training data say them; empty where the
 *     model's own decide
 * @param schema the Avro schema as JSON; only for {@link Format#AVRO}, where it is needed
 * @param image what becomes of a picture; only for {@link Format#IMAGE}, where it is needed
 */
public record DecodeSpec(
        Format format,
        List<String> fields,
        Optional<DataType> type,
        double scale,
        Order order,
        boolean takesText,
        List<Integer> shape,
        Optional<String> schema,
        Optional<ImageSpec> image) {

    public DecodeSpec {
        fields = List.copyOf(fields);
        shape = List.copyOf(shape);
    }

    /** Of a format that needs neither shape nor schema. */
    public DecodeSpec(
            Format format,
            List<String> fields,
            Optional<DataType> type,
            double scale,
            Order order,
            boolean takesText) {
        this(
                format,
                fields,
                type,
                scale,
                order,
                takesText,
                List.of(),
                Optional.empty(),
                Optional.empty());
    }

    /** Fields in the order in which they are listed, numbers as numbers. */
    public DecodeSpec(Format format, List<String> fields, Optional<DataType> type, double scale) {
        this(format, fields, type, scale, Order.AS_LISTED, false);
    }

    /** How the listed fields stand in the tensor. */
    public enum Order {
        /** The first field is the first element. */
        AS_LISTED,
        /** The last field is the first element, for models that take the oldest reading first. */
        REVERSED
    }

    /** How a payload is written. */
    public enum Format {
        /** MessagePack: nested arrays of numbers, or a map with such a field. */
        MSGPACK,
        /** JSON: nested arrays of numbers, or an object with such a field. */
        JSON,
        /** Little-endian numbers, row-major, nothing else. */
        RAW,
        /** One binary Avro datum without container: a record of numbers, in schema order. */
        AVRO,
        /** One line of comma-separated values; fields are numbers of columns, from 0. */
        CSV,
        /** A PNG or JPEG picture. */
        IMAGE,
        /** A NumPy array with its header. */
        NPY
    }
}
