package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Integers of 8 bits, and booleans. */
final class OctetSink extends ElementSink {
    private byte[] values;

    OctetSink(TensorSpec spec, int expected) {
        super(spec);
        values = new byte[expected];
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        if (count == values.length) {
            values = Arrays.copyOf(values, grown(count));
        }
        values[count++] =
                switch (type) {
                    case BOOL -> bool(token);
                    case INT8 -> (byte) whole(json, token, Byte.MIN_VALUE, Byte.MAX_VALUE);
                    default -> (byte) whole(json, token, 0, 0xff);
                };
    }

    private byte bool(JsonToken token) {
        return switch (token) {
            case VALUE_TRUE -> 1;
            case VALUE_FALSE -> 0;
            default -> throw wrong(token);
        };
    }

    @Override
    int take(NumberSource in, int at) {
        int behind =
                switch (type) {
                    case BOOL -> in.readBoolean(at);
                    case INT8 -> in.readWhole(at, Byte.MIN_VALUE, Byte.MAX_VALUE);
                    default -> in.readWhole(at, 0, 0xff);
                };
        if (behind != NONE) {
            if (count == values.length) {
                values = Arrays.copyOf(values, roomier(in, at));
            }
            values[count++] = (byte) in.whole();
        }
        return behind;
    }

    @Override
    Tensor toTensor(Shape shape) {
        return numeric(
                shape,
                MemorySegment.ofArray(
                        count == values.length ? values : Arrays.copyOf(values, count)));
    }
}
