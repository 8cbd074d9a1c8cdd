package io.millrace.codec.json;

import static io.millrace.codec.json.JsonBytes.NONE;

import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Nested arrays from the bytes of a JSON text into the memory of one tensor, as {@link
 * TensorReader} reads them with Jackson: what that one would refuse, or what is unusual, gives
 * {@link JsonBytes#NONE}.
 */
final class TensorScanner {

    /** More axes than any model has; the scanner recurses once for each. */
    private static final int MAX_RANK = 32;

    private final TensorSpec spec;
    private final NumberSource in;
    private final byte[] json;
    private final int rank;
    private final long[] extents;
    private final ElementSink sink;
    private int rows;
    private boolean isRead;

    TensorScanner(TensorSpec spec, NumberSource in) {
        this.spec = spec;
        this.in = in;
        this.json = in.json();
        this.rank = spec.shape().rank();
        this.extents = new long[rank];
        Arrays.fill(extents, Shape.ANY);
        this.sink = ElementSink.of(spec, expectedElements(spec.shape(), json));
    }

    String name() {
        return spec.name();
    }

    int rows() {
        return rows;
    }

    boolean isRead() {
        return isRead;
    }

    /** One row of several. */
    int row(int at) {
        if (rank == 0 || rank > MAX_RANK) {
            return NONE;
        }
        start(at);
        rows++;
        return value(at, 1);
    }

    /** The whole tensor. */
    int whole(int at) {
        start(at);
        return rank > MAX_RANK ? NONE : value(at, 0);
    }

    /** The elements of the whole tensor in one list, however many axes it has. */
    int flat(int at) {
        start(at);
        if (!JsonBytes.isAt(json, at, '[')) {
            return NONE;
        }
        for (int axis = 0; axis < rank; axis++) {
            extents[axis] = spec.shape().extent(axis);
        }
        return elements(at + 1);
    }

    private void start(int at) {
        if (!isRead) {
            isRead = true;
            sink.startAt(at);
        }
    }

    /** The tensor; null when it has not the shape that is wanted. */
    @Nullable Tensor finish() {
        if (rows > 0) {
            extents[0] = rows;
        }
        Shape shape = Shape.of(extents);
        return shape.isFixed() && spec.shape().accepts(shape) && shape.elements() == sink.count
                ? sink.toTensor(shape)
                : null;
    }

    private int value(int at, int axis) {
        if (axis == rank) {
            return sink.take(in, at);
        }
        if (!JsonBytes.isAt(json, at, '[')) {
            return NONE;
        }
        if (axis < rank - 1) {
            return lists(at, axis);
        }
        int before = sink.count;
        int behind = elements(at + 1);
        return isExtent(axis, sink.count - before) ? behind : NONE;
    }

    private int lists(int from, int axis) {
        int at = JsonBytes.skipSpace(json, from + 1);
        long count = 0;
        if (!JsonBytes.isAt(json, at, ']')) {
            while (true) {
                at = value(at, axis + 1);
                count++;
                if (at == NONE) {
                    return NONE;
                }
                at = JsonBytes.skipSpace(json, at);
                if (!JsonBytes.isAt(json, at, ',')) {
                    break;
                }
                at = JsonBytes.skipSpace(json, at + 1);
            }
            if (!JsonBytes.isAt(json, at, ']')) {
                return NONE;
            }
        }
        return isExtent(axis, count) ? at + 1 : NONE;
    }

    /** The elements of an innermost list, from behind its bracket to behind the other. */
    private int elements(int from) {
        int at = JsonBytes.skipSpace(json, from);
        if (JsonBytes.isAt(json, at, ']')) {
            return at + 1;
        }
        while (true) {
            at = sink.take(in, at);
            if (at == NONE) {
                return NONE;
            }
            at = JsonBytes.skipSpace(json, at);
            if (!JsonBytes.isAt(json, at, ',')) {
                return JsonBytes.isAt(json, at, ']') ? at + 1 : NONE;
            }
            at = JsonBytes.skipSpace(json, at + 1);
        }
    }

    /** Extents come from the signature or the first list of each depth, and hold for all. */
    private boolean isExtent(int axis, long count) {
        if (extents[axis] == Shape.ANY) {
            long expected = spec.shape().extent(axis);
            extents[axis] = count;
            return expected == Shape.ANY || expected == count;
        }
        return extents[axis] == count;
    }

    /**
     * As many elements as the signature fixes, so that one row is never copied; an element takes at
     * least two bytes of text.
     */
    static int expectedElements(Shape shape, byte[] json) {
        long most = json.length / 2 + 1L;
        long elements = 1;
        for (int axis = 0; axis < shape.rank(); axis++) {
            elements = Math.min(most, elements * Math.max(1, Math.min(shape.extent(axis), most)));
        }
        return (int) elements;
    }
}
