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
 */
public record DecodeSpec(
        Format format, List<String> fields, Optional<DataType> type, double scale) {

    public DecodeSpec {
        fields = List.copyOf(fields);
    }

    /** How a payload is written. */
    public enum Format {
        /** MessagePack: nested arrays of numbers, or a map with such a field. */
        MSGPACK,
        /** JSON: nested arrays of numbers, or an object with such a field. */
        JSON,
        /** Little-endian numbers, row-major, nothing else. */
        RAW
    }
}
