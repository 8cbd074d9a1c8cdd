package io.millrace.api.tensor;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Values of one type in row-major order. Whoever makes a tensor hands it over: nobody writes to it
 * afterwards, and its memory lives as long as the tensor is used.
 */
public sealed interface Tensor {

    /** What the elements are. */
    DataType type();

    /** The extents, all of them fixed. */
    Shape shape();

    /**
     * Numbers, little-endian, without gaps.
     *
     * @param data exactly as many bytes as the elements take; on the heap or off it, and often a
     *     part of a request's body: copy it whole, or read it with the unaligned layouts
     */
    record Numeric(DataType type, Shape shape, MemorySegment data) implements Tensor {
        public Numeric {
            if (type == DataType.BYTES) {
                throw MillraceException.internal("byte strings have no flat memory", null);
            }
            long expected = byteSize(type, shape);
            if (data.byteSize() != expected) {
                throw MillraceException.invalid(
                        "%s of shape %s takes %d bytes, got %d"
                                .formatted(type.plainName(), shape, expected, data.byteSize()));
            }
        }
    }

    /** Byte strings. */
    record Bytes(Shape shape, List<byte[]> values) implements Tensor {
        public Bytes {
            values = List.copyOf(values);
            if (shape.elements() != values.size()) {
                throw MillraceException.invalid(
                        "shape %s takes %d strings, got %d"
                                .formatted(shape, shape.elements(), values.size()));
            }
        }

        @Override
        public DataType type() {
            return DataType.BYTES;
        }
    }

    /**
     * How many bytes the elements of a shape take.
     *
     * @throws MillraceException {@code TOO_LARGE} when they are more than can be counted
     */
    static long byteSize(DataType type, Shape shape) {
        long elements = shape.elements();
        if (elements > Long.MAX_VALUE / Long.BYTES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "%s of shape %s takes more bytes than can be counted"
                            .formatted(type.plainName(), shape));
        }
        return elements * type.bytes();
    }

    /** A tensor of 32-bit floats over the array itself, not a copy. */
    static Numeric ofFloats(Shape shape, float[] values) {
        return new Numeric(DataType.FP32, shape, MemorySegment.ofArray(values));
    }
}
