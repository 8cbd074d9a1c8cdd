package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Floats of 32 bits. */
final class FloatSink extends ElementSink {
    private float[] values;

    FloatSink(TensorSpec spec, int expected) {
        super(spec);
        values = new float[expected];
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        if (count == values.length) {
            values = Arrays.copyOf(values, grown(count));
        }
        values[count++] = real(json, token);
    }

    @Override
    int take(NumberSource in, int at) {
        int behind = in.readFloat(at);
        if (behind != NONE) {
            if (count == values.length) {
                values = Arrays.copyOf(values, roomier(in, at));
            }
            values[count++] = in.single();
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
