package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Inputs to try a signature with. */
final class TrialInputs {

    /** Fractions of its multiples lie everywhere between 0 and 1, without a random source. */
    private static final double GOLDEN = 0.6180339887498949;

    /** The largest input that is tried; several of it must fit into a probe's Java memory. */
    private static final long MAX_BYTES = 1L << 30;

    private TrialInputs() {}

    /** Whether the first axis of every input and output counts items. */
    static boolean hasItemAxis(Signature signature) {
        return !signature.inputs().isEmpty()
                && signature.inputs().stream().allMatch(TrialInputs::opensWithItems)
                && signature.outputs().stream().allMatch(TrialInputs::opensWithItems);
    }

    /** Whether every extent but the first is given, and elements are numbers. */
    static boolean isFullyKnown(Signature signature) {
        for (TensorSpec input : signature.inputs()) {
            for (int axis = 1; axis < input.shape().rank(); axis++) {
                if (input.shape().extent(axis) == Shape.ANY) {
                    return false;
                }
            }
            if (input.type() == DataType.BYTES) {
                return false;
            }
        }
        return true;
    }

    private static boolean opensWithItems(TensorSpec spec) {
        return spec.shape().rank() > 0 && spec.shape().extent(0) == Shape.ANY;
    }

    /**
     * Zeros, or empty strings. Extents that are open become {@code open}, the first {@code items}.
     */
    static List<Tensor> zeros(Signature signature, int items, int open) {
        var inputs = new ArrayList<Tensor>();
        for (TensorSpec spec : signature.inputs()) {
            Shape shape = fixed(spec.shape(), items, open);
            inputs.add(
                    spec.type() == DataType.BYTES
                            ? new Tensor.Bytes(shape, empties(spec, shape))
                            : new Tensor.Numeric(spec.type(), shape, memory(spec, shape)));
        }
        return inputs;
    }

    /**
     * Numbers between 0 and 1 that differ from row to row; whole numbers and the rest stay zero,
     * since they may be indices.
     *
     * @param firstRow which rows: those of two calls are the rows of one larger call
     */
    static List<Tensor> varied(Signature signature, int items, int firstRow, int open) {
        List<Tensor> inputs = zeros(signature, items, open);
        for (Tensor input : inputs) {
            if (input instanceof Tensor.Numeric(DataType type, Shape shape, MemorySegment data)
                    && (type == DataType.FP32 || type == DataType.FP64)) {
                long offset = firstRow * (shape.rank() == 0 ? 1 : shape.elementsPerItem());
                long elements = shape.elements();
                for (long i = 0; i < elements; i++) {
                    double value = (offset + i + 1) * GOLDEN % 1.0;
                    if (type == DataType.FP32) {
                        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
                    } else {
                        data.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
                    }
                }
            }
        }
        return inputs;
    }

    private static Shape fixed(Shape shape, int items, int open) {
        long[] extents = shape.toArray();
        for (int axis = 0; axis < extents.length; axis++) {
            if (extents[axis] == Shape.ANY) {
                extents[axis] = axis == 0 ? items : open;
            }
        }
        return Shape.of(extents);
    }

    private static List<byte[]> empties(TensorSpec spec, Shape shape) {
        long elements = shape.elements();
        if (elements > MAX_BYTES / Long.BYTES) {
            throw tooLarge(spec, shape);
        }
        return Collections.nCopies((int) elements, new byte[0]);
    }

    private static MemorySegment memory(TensorSpec spec, Shape shape) {
        long bytes = Tensor.byteSize(spec.type(), shape);
        if (bytes > MAX_BYTES) {
            throw tooLarge(spec, shape);
        }
        // Longs, so that every element type is aligned.
        var words = new long[(int) ((bytes + Long.BYTES - 1) / Long.BYTES)];
        return MemorySegment.ofArray(words).asSlice(0, bytes);
    }

    private static MillraceException tooLarge(TensorSpec spec, Shape shape) {
        return new MillraceException(
                ErrorCode.TOO_LARGE,
                "input '%s' of shape %s is too large to be tried: at most %d MiB"
                        .formatted(spec.name(), shape, MAX_BYTES >> 20));
    }
}
