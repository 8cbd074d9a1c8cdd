package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tensors cut and joined along the first axis. */
final class Rows {

    private static final long[] NO_SCRATCH = {};

    private Rows() {}

    /** Rows {@code from} to {@code from + count} of each tensor; numbers are not copied. */
    static List<Tensor> slice(List<Tensor> tensors, int from, int count) {
        return slice(tensors, from, count, null);
    }

    /**
     * The same, beside another slice of the same tensors: where both have as many rows, they share
     * their shapes.
     */
    static List<Tensor> slice(
            List<Tensor> tensors, int from, int count, @Nullable List<Tensor> other) {
        if (tensors.size() == 1) {
            return List.of(slice(tensors.getFirst(), from, count, shapeOf(other, 0, count)));
        }
        var slices = new Tensor[tensors.size()];
        for (int i = 0; i < slices.length; i++) {
            slices[i] = slice(tensors.get(i), from, count, shapeOf(other, i, count));
        }
        return Arrays.asList(slices);
    }

    private static @Nullable Shape shapeOf(@Nullable List<Tensor> other, int index, int rows) {
        if (other == null) {
            return null;
        }
        Shape shape = other.get(index).shape();
        return shape.extent(0) == rows ? shape : null;
    }

    private static Tensor slice(Tensor tensor, int from, int count, @Nullable Shape known) {
        Shape shape = known == null ? tensor.shape().withItems(count) : known;
        long perRow = tensor.shape().elementsPerItem();
        return switch (tensor) {
            case Tensor.Numeric numeric -> {
                long rowBytes = perRow * numeric.type().bytes();
                yield new Tensor.Numeric(
                        numeric.type(),
                        shape,
                        numeric.data().asSlice(from * rowBytes, count * rowBytes));
            }
            case Tensor.Bytes bytes ->
                    new Tensor.Bytes(
                            shape,
                            bytes.values()
                                    .subList(
                                            Math.toIntExact(from * perRow),
                                            Math.toIntExact((from + count) * perRow)));
        };
    }

    /** Joins the answers to the pieces of one call. */
    static List<Tensor> join(List<List<Tensor>> pieces) {
        var joined = new ArrayList<Tensor>();
        for (int output = 0; output < pieces.getFirst().size(); output++) {
            var parts = new ArrayList<Tensor>(pieces.size());
            for (List<Tensor> piece : pieces) {
                parts.add(piece.get(output));
            }
            joined.add(join(parts, rowsOf(parts), NO_SCRATCH));
        }
        return joined;
    }

    private static int rowsOf(List<Tensor> parts) {
        long rows = 0;
        for (Tensor part : parts) {
            if (part.shape().rank() == 0 || !isSameRow(part, parts.getFirst())) {
                throw new MillraceException(
                        ErrorCode.USER_CODE,
                        "the model gave results that differ in shape from row to row");
            }
            rows += part.shape().extent(0);
        }
        if (rows > Integer.MAX_VALUE) {
            throw tooLarge(rows + " rows");
        }
        return (int) rows;
    }

    /**
     * Puts tensors one after another.
     *
     * @param scratch memory to use when it is large enough; else new memory is made
     */
    static Tensor join(List<Tensor> parts, int rows, long[] scratch) {
        Tensor first = parts.getFirst();
        Shape shape = first.shape().withItems(rows);
        if (first instanceof Tensor.Numeric numeric) {
            MemorySegment target = memory(Tensor.byteSize(numeric.type(), shape), scratch);
            long offset = 0;
            for (int i = 0; i < parts.size(); i++) {
                MemorySegment data = ((Tensor.Numeric) parts.get(i)).data();
                MemorySegment.copy(data, 0, target, offset, data.byteSize());
                offset += data.byteSize();
            }
            return new Tensor.Numeric(numeric.type(), shape, target);
        }
        var values = new ArrayList<byte[]>();
        for (int i = 0; i < parts.size(); i++) {
            values.addAll(((Tensor.Bytes) parts.get(i)).values());
        }
        return new Tensor.Bytes(shape, values);
    }

    /** Longs, so that elements of every type are aligned. */
    private static MemorySegment memory(long bytes, long[] scratch) {
        long words = (bytes + Long.BYTES - 1) / Long.BYTES;
        if (words > Integer.MAX_VALUE - Long.BYTES) {
            throw tooLarge(bytes + " bytes");
        }
        long[] memory = words <= scratch.length ? scratch : new long[(int) words];
        return MemorySegment.ofArray(memory).asSlice(0, bytes);
    }

    private static MillraceException tooLarge(String what) {
        return new MillraceException(
                ErrorCode.TOO_LARGE,
                "one tensor cannot hold " + what + "; send fewer rows in one call");
    }

    /** Whether every tensor has as many rows. */
    static boolean haveRows(List<Tensor> tensors, int rows) {
        for (int i = 0; i < tensors.size(); i++) {
            Shape shape = tensors.get(i).shape();
            if (shape.rank() == 0 || shape.extent(0) != rows) {
                return false;
            }
        }
        return true;
    }

    /** Whether rows of the two can stand in one tensor. */
    static boolean isSameRow(Tensor a, Tensor b) {
        int rank = a.shape().rank();
        if (a.type() != b.type() || rank != b.shape().rank()) {
            return false;
        }
        for (int axis = 1; axis < rank; axis++) {
            if (a.shape().extent(axis) != b.shape().extent(axis)) {
                return false;
            }
        }
        return true;
    }
}
