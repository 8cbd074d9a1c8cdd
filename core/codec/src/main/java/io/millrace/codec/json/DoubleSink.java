package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Floats of 64 bits. */
final class DoubleSink extends ElementSink {
    private double[] values;

    DoubleSink(TensorSpec spec, int expected) {
        super(spec);
        values = new double[expected];
    }

    @Override
    void accept(JsonParser json, JsonToken token) {
        double value = realDouble(json, token);
        if (count == values.length) {
            values = Arrays.copyOf(values, grown(count));
        }
        values[count++] = value;
    }

    @Override
    int take(NumberSource in, int at) {
        int behind = in.readDouble(at);
        if (behind != NONE) {
            if (count == values.length) {
                values = Arrays.copyOf(values, roomier(in, at));
            }
            values[count++] = in.real();
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
