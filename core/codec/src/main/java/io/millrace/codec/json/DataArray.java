package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The {@code data} of an input into the memory of its tensor: one flat list, or lists nested as the
 * shape says. The only place where the numbers of an Open Inference request are read.
 */
final class DataArray {

    private final JsonParser json;
    private final ReceivedInput input;
    private final Shape shape;
    private final long expected;
    private final ElementSink sink;

    /** Also counts what is too much, so that the error can tell it. */
    private long count;

    private DataArray(JsonParser json, ReceivedInput input, int remainingBytes) {
        this.json = json;
        this.input = input;
        this.shape = input.shape();
        this.expected = input.elements();
        // An element takes two bytes of JSON: a shape that lies gets no memory for it.
        int capacity = (int) Math.min(expected, remainingBytes / 2 + 1);
        this.sink = ElementSink.of(new TensorSpec(input.name(), input.type(), shape), capacity);
    }

    /**
     * Reads the value on which the parser stands.
     *
     * @param remainingBytes of the JSON, from that value on
     */
    static Tensor read(JsonParser json, JsonToken token, ReceivedInput input, int remainingBytes) {
        DataType type = input.type();
        if (type == DataType.FP16 || type == DataType.BF16) {
            throw MillraceException.invalid(
                    "%s is %s, which cannot be JSON data; send it with binary_data_size"
                            .formatted(input.label(), type.protocolName()));
        }
        if (token != JsonToken.START_ARRAY) {
            throw MillraceException.invalid(input.label() + ": 'data' must be a list");
        }
        return new DataArray(json, input, remainingBytes).read();
    }

    private Tensor read() {
        JsonToken first = json.nextToken();
        if (first == JsonToken.START_ARRAY) {
            nested(first, 0);
        } else {
            flat(first);
        }
        if (count != expected) {
            throw MillraceException.invalid(
                    "%s: expected %d elements for shape %s, got %d"
                            .formatted(input.label(), expected, shape, count));
        }
        return sink.toTensor(shape);
    }

    private void flat(JsonToken first) {
        for (JsonToken token = first; token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if (token == JsonToken.START_ARRAY) {
                throw MillraceException.invalid(
                        input.label() + ": 'data' mixes values and lists at one depth");
            }
            element(token);
        }
    }

    private void nested(JsonToken first, int axis) {
        boolean isInnermost = axis >= shape.rank() - 1;
        long extent = 0;
        for (JsonToken token = first; token != JsonToken.END_ARRAY; token = json.nextToken()) {
            if ((token == JsonToken.START_ARRAY) == isInnermost) {
                throw MillraceException.invalid(
                        "%s: expected lists nested as in shape %s or one flat list, got %s"
                                .formatted(
                                        input.label(),
                                        shape,
                                        isInnermost
                                                ? "a list deeper than that"
                                                : "a value less deep than that"));
            }
            if (isInnermost) {
                element(token);
            } else {
                nested(json.nextToken(), axis + 1);
            }
            extent++;
        }
        if (extent != shape.extent(axis)) {
            throw MillraceException.invalid(
                    "%s: expected lists of %d values on axis %d of shape %s, got one of %d"
                            .formatted(input.label(), shape.extent(axis), axis, shape, extent));
        }
    }

    private void element(JsonToken token) {
        if (token == JsonToken.START_OBJECT) {
            throw sink.wrong(token);
        }
        if (count++ < expected) {
            sink.accept(json, token);
        }
    }
}
