package io.millrace.model.onnx;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;

/** ONNX Runtime's tensors made over memory of ours, and its own copied out. */
final class Tensors {

    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    private Tensors() {}

    /**
     * Makes a tensor over memory, which must stay until it is released.
     *
     * @param place where to put it
     */
    static void over(
            MemorySegment memory, long bytes, Shape shape, DataType type, MemorySegment place) {
        try (Arena arena = Arena.ofConfined()) {
            NativeApi.tensorOver(
                    memory,
                    bytes,
                    extents(shape, arena),
                    shape.rank(),
                    ElementTypes.toOnnx(type),
                    place.address());
        }
    }

    /** The extents as ONNX Runtime takes them; never null, also for a scalar. */
    static MemorySegment extents(Shape shape, SegmentAllocator allocator) {
        int rank = shape.rank();
        MemorySegment extents = allocator.allocate(ValueLayout.JAVA_LONG, rank + 1L);
        for (int axis = 0; axis < rank; axis++) {
            extents.setAtIndex(ValueLayout.JAVA_LONG, axis, shape.extent(axis));
        }
        return extents;
    }

    /** Copies a tensor of a known type out of ONNX Runtime's memory. */
    static Tensor copy(long value, DataType type) {
        long info = NativeApi.result(NativeApi.TENSOR_INFO_OF_VALUE, value);
        Shape shape;
        try {
            int element = (int) NativeApi.result(NativeApi.ELEMENT_TYPE, info);
            if (element != ElementTypes.toOnnx(type)) {
                throw new MillraceException(
                        ErrorCode.USER_CODE,
                        "the model gave %s where it promised %s"
                                .formatted(ElementTypes.name(element), type.plainName()));
            }
            shape = NativeSession.shape(info);
        } finally {
            NativeApi.release(NativeApi.RELEASE_TENSOR_INFO, info);
        }
        return type == DataType.BYTES ? copyStrings(value, shape) : copyNumbers(value, type, shape);
    }

    private static Tensor copyNumbers(long value, DataType type, Shape shape) {
        int elements = count(shape);
        if (elements == 0) {
            return new Tensor.Numeric(type, shape, ElementTypes.heapMemory(type, 0));
        }
        long data = NativeApi.result(NativeApi.TENSOR_DATA, value);
        return copy(memory(data, (long) elements * type.bytes()), type, shape, elements);
    }

    @SuppressWarnings("restricted") // the length is that of ONNX Runtime's own shape
    private static MemorySegment memory(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /** Copies numbers into memory of their own. */
    static Tensor copy(MemorySegment memory, DataType type, Shape shape, int elements) {
        MemorySegment copy = ElementTypes.heapMemory(type, elements);
        MemorySegment.copy(memory, 0, copy, 0, copy.byteSize());
        return new Tensor.Numeric(type, shape, copy);
    }

    /** How many elements an output has. */
    static int count(Shape shape) {
        long elements = shape.elements();
        if (elements > MAX_ELEMENTS) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE, "an output of shape " + shape + " is too large");
        }
        return (int) elements;
    }

    private static Tensor copyStrings(long value, Shape shape) {
        int count = count(shape);
        var values = new ArrayList<byte[]>(count);
        if (count > 0) {
            long length = NativeApi.result(NativeApi.STRINGS_LENGTH, value);
            if (length > MAX_ELEMENTS) {
                throw new MillraceException(
                        ErrorCode.TOO_LARGE, "an output has %d bytes of text".formatted(length));
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment content = arena.allocate(Math.max(1, length));
                MemorySegment starts = arena.allocate(ValueLayout.JAVA_LONG, count);
                NativeApi.call(
                        NativeApi.STRINGS_CONTENT,
                        value,
                        content.address(),
                        length,
                        starts.address(),
                        count);
                byte[] all = content.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                for (int i = 0; i < count; i++) {
                    long end =
                            i + 1 < count
                                    ? starts.getAtIndex(ValueLayout.JAVA_LONG, i + 1)
                                    : length;
                    values.add(
                            Arrays.copyOfRange(
                                    all,
                                    (int) starts.getAtIndex(ValueLayout.JAVA_LONG, i),
                                    (int) end));
                }
            }
        }
        return new Tensor.Bytes(shape, values);
    }
}
