package io.millrace.model.onnx;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An output: memory of ours that ONNX Runtime writes to while it is pinned, else its own. */
final class OutputSlot implements AutoCloseable {

    private final DataType type;

    /** Where ONNX Runtime looks for a tensor to write to, or puts one that it made. */
    private final MemorySegment place;

    private @Nullable NativeBuffer buffer;

    OutputSlot(DataType type, MemorySegment place) {
        this.type = type;
        this.place = place;
    }

    long capacity() {
        NativeBuffer kept = buffer;
        return kept == null ? 0 : kept.capacity();
    }

    /** Pins it to memory for a shape. */
    void pin(Shape shape) {
        long bytes = shape.elements() * type.bytes();
        NativeBuffer kept = buffer;
        if (kept == null || kept.capacity() < bytes) {
            buffer = null;
            if (kept != null) {
                kept.close();
            }
            kept = NativeBuffer.of(bytes);
            buffer = kept;
        }
        Tensors.over(kept.memory(), bytes, shape, type, place);
    }

    /** Copies what a call wrote, or the tensor that it made. */
    Tensor take(@Nullable Shape pinned) {
        NativeBuffer kept = buffer;
        return pinned == null || kept == null
                ? Tensors.copy(place.get(JAVA_LONG, 0), type)
                : Tensors.copy(kept.memory(), type, pinned, Tensors.count(pinned));
    }

    /** Releases the tensor, of whichever kind; the memory stays. */
    void release() {
        NativeApi.releaseValue(place.get(JAVA_LONG, 0));
        place.set(JAVA_LONG, 0, 0);
    }

    @Override
    public void close() {
        release();
        NativeBuffer kept = buffer;
        if (kept != null) {
            buffer = null;
            kept.close();
        }
    }
}
