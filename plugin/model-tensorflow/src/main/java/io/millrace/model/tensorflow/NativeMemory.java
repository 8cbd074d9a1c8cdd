package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.tensorflow.RawTensor;
import org.tensorflow.ndarray.buffer.DataStorageVisitor;

/** The memory of a TensorFlow tensor as a segment; valid until the tensor is closed. */
final class NativeMemory {

    private NativeMemory() {}

    static MemorySegment of(RawTensor tensor) {
        return tensor.data().accept(AS_SEGMENT);
    }

    private static final DataStorageVisitor<MemorySegment> AS_SEGMENT =
            new DataStorageVisitor<>() {
                @Override
                public MemorySegment visit(ByteBuffer buffer) {
                    return MemorySegment.ofBuffer(buffer);
                }

                @Override
                @SuppressWarnings("restricted") // the length comes from TensorFlow itself
                public MemorySegment visit(long address, long length, long scale) {
                    return MemorySegment.ofAddress(address).reinterpret(length * scale);
                }

                @Override
                public MemorySegment fallback() {
                    throw MillraceException.internal(
                            "the tensor's memory is of a kind that is not known here", null);
                }
            };
}
