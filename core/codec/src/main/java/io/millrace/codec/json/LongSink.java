package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Integers of 64 bits. */
final class LongSink extends ElementSink {
    private long[] values;

    LongSink(TensorSpec spec, int expected) {
        super(spec);
        values = new long[expected];
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        if (count == values.length) {
            values = Arrays.copyOf(values, grown(count));
        }
        values[count++] =
                type == DataType.UINT64
                        ? unsigned(json, token)
                        : whole(json, token, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    private long unsigned(JsonParser json, JsonToken token) {
        if (token == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            BigInteger value = json.getBigIntegerValue();
            if (value.signum() < 0 || value.bitLength() > Long.SIZE) {
                throw outOfRange(json);
            }
            return value.longValue();
        }
        return whole(json, token, 0, Long.MAX_VALUE);
    }

    @Override
    int take(NumberSource in, int at) {
        int behind =
                type == DataType.UINT64
                        ? in.readUnsigned(at)
                        : in.readWhole(at, Long.MIN_VALUE, Long.MAX_VALUE);
        if (behind != NONE) {
            if (count == values.length) {
                values = Arrays.copyOf(values, roomier(in, at));
            }
            values[count++] = in.whole();
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
