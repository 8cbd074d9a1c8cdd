package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Tensors cut and joined along the first axis. */
final class Rows {

    private Rows() {}

    /** Rows {@code from} to {@code from + count} of each tensor; numbers are not copied. */
    static List<Tensor> slice(List<Tensor> tensors, int from, int count) {
        var slices = new ArrayList<Tensor>(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            slices.add(slice(tensors.get(i), from, count));
        }
        return slices;
    }

    private static Tensor slice(Tensor tensor, int from, int count) {
        Shape shape = tensor.shape().withItems(count);
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
            joined.add(join(parts, rowsOf(parts), new long[0]));
        }
        return joined;
    }

    private static int rowsOf(List<Tensor> parts) {
        long rows = 0;
        for (Tensor part : parts) {
            if (part.shape().rank() == 0 || !isSameRow(part, parts.getFirst())) {
                throw new MillraceException(
                        io.millrace.api.ErrorCode.USER_CODE,
                        "the model gave results that differ in shape from row to row");
            }
            rows += part.shape().extent(0);
        }
        return Math.toIntExact(rows);
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
            MemorySegment target = memory(shape.elements() * numeric.type().bytes(), scratch);
            long offset = 0;
            for (int i = 0; i < parts.size(); i++) {
                MemorySegment data = ((Tensor.Numeric) parts.get(i)).data();
                MemorySegment.copy(data, 0, target, offset, data.byteSize());
                offset += data.byteSize();
            }
            return new Tensor.Numeric(numeric.type(), shape, target);
        }
        var values = new ArrayList<byte[]>();
        for (Tensor part : parts) {
            values.addAll(((Tensor.Bytes) part).values());
        }
        return new Tensor.Bytes(shape, values);
    }

    /** Longs, so that elements of every type are aligned. */
    private static MemorySegment memory(long bytes, long[] scratch) {
        int words = Math.toIntExact((bytes + 7) / 8);
        long[] memory = words <= scratch.length ? scratch : new long[words];
        return MemorySegment.ofArray(memory).asSlice(0, bytes);
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
