package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import org.jspecify.annotations.Nullable;

/**
 * The {@code data} of one input of an Open Inference request, from the bytes of the JSON into the
 * memory of its tensor: one flat list, or lists nested as the shape says. Strict JSON: {@code NaN}
 * is no number here. What is unusual or wrong is left to Jackson.
 */
final class DataScanner {

    private final NumberSource in;
    private final int jsonLength;
    private @Nullable Tensor tensor;

    /**
     * Scans a body.
     *
     * @param jsonLength how much of it is JSON
     */
    DataScanner(byte[] body, int jsonLength) {
        this.in = new NumberSource(body, false);
        this.jsonLength = jsonLength;
    }

    /**
     * Reads the list that begins at a place.
     *
     * @param spec what the input says of itself, its shape fixed
     * @return the place behind it, or {@link JsonBytes#NONE} when Jackson must read it
     */
    int scan(int from, TensorSpec spec) {
        tensor = null;
        if (!JsonBytes.isAt(in.json(), from, '[')) {
            return NONE;
        }
        var scanner = new TensorScanner(spec, in);
        boolean isNested = JsonBytes.isAt(in.json(), JsonBytes.skipSpace(in.json(), from + 1), '[');
        int behind = isNested ? scanner.whole(from) : scanner.flat(from);
        if (behind == NONE || behind > jsonLength) {
            return NONE;
        }
        tensor = scanner.finish();
        return tensor == null ? NONE : behind;
    }

    /** What the last scan read; null when it gave {@link JsonBytes#NONE}. */
    @Nullable Tensor tensor() {
        return tensor;
    }
}
