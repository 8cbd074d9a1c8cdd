package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Integers of 32 bits. */
final class IntSink extends ElementSink {
    private int[] values;

    IntSink(TensorSpec spec, int expected) {
        super(spec);
        values = new int[expected];
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        if (count == values.length) {
            values = Arrays.copyOf(values, grown(count));
        }
        boolean isSigned = type == DataType.INT32;
        values[count++] =
                (int)
                        whole(
                                json,
                                token,
                                isSigned ? Integer.MIN_VALUE : 0,
                                isSigned ? Integer.MAX_VALUE : 0xffff_ffffL);
    }

    @Override
    int take(NumberSource in, int at) {
        int behind =
                type == DataType.INT32
                        ? in.readWhole(at, Integer.MIN_VALUE, Integer.MAX_VALUE)
                        : in.readWhole(at, 0, 0xffff_ffffL);
        if (behind != NONE) {
            if (count == values.length) {
                values = Arrays.copyOf(values, roomier(in, at));
            }
            values[count++] = (int) in.whole();
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
