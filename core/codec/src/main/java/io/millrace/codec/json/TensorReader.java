package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Nested arrays into the memory of one tensor. The signature gives the rank; extents come from the
 * first array of each depth and hold for all others.
 */
final class TensorReader {

    /** A row of an object: what came is described by its own place. */
    static final long NO_START = -1;

    private final TensorSpec spec;
    private final byte[] body;
    private final int rank;
    private final long[] extents;
    private final ElementSink sink;
    private int rows;
    private boolean isRead;

    TensorReader(TensorSpec spec, byte[] body) {
        this.spec = spec;
        this.body = body;
        this.rank = spec.shape().rank();
        this.extents = new long[rank];
        Arrays.fill(extents, Shape.ANY);
        this.sink = ElementSink.of(spec, TensorScanner.expectedElements(spec.shape(), body));
    }

    String name() {
        return spec.name();
    }

    boolean isBytes() {
        return spec.type() == DataType.BYTES;
    }

    int rows() {
        return rows;
    }

    boolean isRead() {
        return isRead;
    }

    static long offset(JsonParser json) {
        return json.currentTokenLocation().getByteOffset();
    }

    /** One row of several. */
    void row(JsonParser json, JsonToken token, long startOfAll) {
        long start = startOfAll == NO_START ? offset(json) : startOfAll;
        if (rank == 0) {
            throw mismatch(start, startOfAll == NO_START);
        }
        value(json, token, 1, start, startOfAll == NO_START);
        rows++;
        isRead = true;
    }

    /** One row that is a byte string; the parser stands on the name {@code b64}. */
    void rowOfBase64(JsonParser json) {
        if (rank != 1) {
            throw mismatch(offset(json), true);
        }
        sink.acceptBase64(json);
        rows++;
        isRead = true;
    }

    /** The whole tensor. */
    void whole(JsonParser json, JsonToken token) {
        isRead = true;
        value(json, token, 0, offset(json), false);
    }

    /** The whole tensor is one byte string. */
    void wholeOfBase64(JsonParser json) {
        if (rank != 0) {
            throw mismatch(offset(json), false);
        }
        isRead = true;
        sink.acceptBase64(json);
    }

    Tensor finish() {
        if (rows > 0) {
            extents[0] = rows;
        }
        Shape shape = Shape.of(extents);
        if (!spec.shape().accepts(shape)) {
            throw MillraceException.invalid(
                    "input '%s': expected %s%s, received %s"
                            .formatted(spec.name(), spec.type().plainName(), spec.shape(), shape));
        }
        return sink.toTensor(shape);
    }

    private void value(JsonParser json, JsonToken token, int axis, long start, boolean isOneRow) {
        if (axis == rank) {
            if (token == JsonToken.START_ARRAY) {
                throw mismatch(start, isOneRow);
            }
            sink.accept(json, token);
            return;
        }
        if (token != JsonToken.START_ARRAY) {
            throw mismatch(start, isOneRow);
        }
        long count = 0;
        boolean isInnermost = axis == rank - 1;
        for (JsonToken t = json.nextToken(); t != JsonToken.END_ARRAY; t = json.nextToken()) {
            if (isInnermost && t != JsonToken.START_ARRAY) {
                sink.accept(json, t);
            } else {
                value(json, t, axis + 1, start, isOneRow);
            }
            count++;
        }
        if (extents[axis] == Shape.ANY) {
            long expected = spec.shape().extent(axis);
            if (expected != Shape.ANY && expected != count) {
                throw mismatch(start, isOneRow);
            }
            extents[axis] = count;
        } else if (extents[axis] != count) {
            throw mismatch(start, isOneRow);
        }
    }

    private MillraceException mismatch(long start, boolean isOneRow) {
        String received = ReceivedShape.describe(body, start);
        return MillraceException.invalid(
                isOneRow
                        ? "input '%s': row %d of %s%s received %s"
                                .formatted(
                                        spec.name(),
                                        rows,
                                        spec.type().plainName(),
                                        spec.shape(),
                                        received)
                        : "input '%s': expected %s%s, received %s"
                                .formatted(
                                        spec.name(),
                                        spec.type().plainName(),
                                        spec.shape(),
                                        received));
    }
}
