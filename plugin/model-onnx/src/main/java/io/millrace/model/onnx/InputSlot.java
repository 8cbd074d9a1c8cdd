package io.millrace.model.onnx;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An input's memory, and ONNX Runtime's tensor over it. The tensor is kept as long as calls have
 * the same shape; strings are handed over anew each time.
 */
final class InputSlot implements AutoCloseable {

    private final DataType type;

    /** Where ONNX Runtime looks for the tensor. */
    private final MemorySegment place;

    private @Nullable NativeBuffer buffer;
    private @Nullable Shape shape;

    InputSlot(DataType type, MemorySegment place) {
        this.type = type;
        this.place = place;
    }

    boolean hasShape(Shape wanted) {
        Shape known = shape;
        return known != null && known.equals(wanted);
    }

    long capacity() {
        NativeBuffer kept = buffer;
        return kept == null ? 0 : kept.capacity();
    }

    /** Takes over the values. */
    void set(Tensor input) {
        switch (input) {
            case Tensor.Numeric numeric -> setNumbers(numeric);
            case Tensor.Bytes bytes -> setStrings(bytes);
        }
    }

    private void setNumbers(Tensor.Numeric input) {
        MemorySegment data = input.data();
        MemorySegment memory = memory(data.byteSize());
        if (!hasShape(input.shape())) {
            bind(memory, input.shape(), data.byteSize());
        }
        if (type == DataType.BOOL) {
            copyTruths(data, memory);
        } else {
            MemorySegment.copy(data, 0, memory, 0, data.byteSize());
        }
    }

    /** Native code counts with truth values: anything but 0 and 1 could lead it astray. */
    private static void copyTruths(MemorySegment data, MemorySegment memory) {
        for (long i = 0; i < data.byteSize(); i++) {
            byte truth = data.get(ValueLayout.JAVA_BYTE, i);
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (truth == 0 ? 0 : 1));
        }
    }

    private MemorySegment memory(long bytes) {
        NativeBuffer kept = buffer;
        if (kept == null || kept.capacity() < bytes) {
            unbind();
            buffer = null;
            if (kept != null) {
                kept.close();
            }
            kept = NativeBuffer.of(bytes);
            buffer = kept;
        }
        return kept.memory();
    }

    private void bind(MemorySegment memory, Shape wanted, long bytes) {
        unbind();
        Tensors.over(memory, bytes, wanted, type, place);
        shape = wanted;
    }

    private void setStrings(Tensor.Bytes input) {
        unbind();
        try (Arena arena = Arena.ofConfined()) {
            List<byte[]> values = input.values();
            MemorySegment texts = arena.allocate(ValueLayout.JAVA_LONG, values.size());
            for (int i = 0; i < values.size(); i++) {
                byte[] value = values.get(i);
                MemorySegment text = arena.allocate(value.length + 1L);
                MemorySegment.copy(value, 0, text, ValueLayout.JAVA_BYTE, 0, value.length);
                texts.setAtIndex(ValueLayout.JAVA_LONG, i, text.address());
            }
            MemorySegment extents = Tensors.extents(input.shape(), arena);
            NativeApi.call(
                    NativeApi.CREATE_TENSOR,
                    OnnxLibrary.allocator(),
                    extents.address(),
                    input.shape().rank(),
                    ElementTypes.STRING,
                    place.address());
            NativeApi.call(NativeApi.FILL_STRINGS, handle(), texts.address(), values.size());
        }
    }

    private long handle() {
        return place.get(ValueLayout.JAVA_LONG, 0);
    }

    /** Before the memory goes: ONNX Runtime does not notice. */
    private void unbind() {
        NativeApi.releaseValue(handle());
        place.set(ValueLayout.JAVA_LONG, 0, 0);
        shape = null;
    }

    @Override
    public void close() {
        unbind();
        NativeBuffer kept = buffer;
        if (kept != null) {
            buffer = null;
            kept.close();
        }
    }
}
