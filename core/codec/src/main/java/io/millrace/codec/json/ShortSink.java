package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Integers and floats of 16 bits. */
final class ShortSink extends ElementSink {
    private short[] values;

    ShortSink(TensorSpec spec, int expected) {
        super(spec);
        values = new short[expected];
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        if (count == values.length) {
            values = Arrays.copyOf(values, grown(count));
        }
        values[count++] =
                switch (type) {
                    case FP16 -> Float.floatToFloat16(real(json, token));
                    case BF16 -> HalfFloats.toBfloat16(real(json, token));
                    case INT16 -> (short) whole(json, token, Short.MIN_VALUE, Short.MAX_VALUE);
                    default -> (short) whole(json, token, 0, 0xffff);
                };
    }

    @Override
    int take(NumberSource in, int at) {
        int behind =
                switch (type) {
                    case FP16, BF16 -> in.readFloat(at);
                    case INT16 -> in.readWhole(at, Short.MIN_VALUE, Short.MAX_VALUE);
                    default -> in.readWhole(at, 0, 0xffff);
                };
        if (behind != NONE) {
            if (count == values.length) {
                values = Arrays.copyOf(values, roomier(in, at));
            }
            values[count++] =
                    switch (type) {
                        case FP16 -> Float.floatToFloat16(in.single());
                        case BF16 -> HalfFloats.toBfloat16(in.single());
                        default -> (short) in.whole();
                    };
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
