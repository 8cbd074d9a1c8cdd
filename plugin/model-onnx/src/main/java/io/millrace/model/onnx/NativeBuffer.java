package io.millrace.model.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory off the heap, in few sizes, so that it can be used again. Used by one thread at a time.
 */
final class NativeBuffer implements AutoCloseable {

    /** As vector instructions like it. */
    private static final long ALIGNMENT = 64;

    private static final long SMALLEST = 64;

    /** From here on doubling would waste too much. */
    private static final long STEP = 1 << 20;

    private final Arena arena;
    private final MemorySegment memory;

    private NativeBuffer(Arena arena, long bytes) {
        this.arena = arena;
        this.memory = arena.allocate(bytes, ALIGNMENT);
    }

    /** A buffer of at least so many bytes; zeroed. */
    static NativeBuffer of(long bytes) {
        long rounded =
                bytes <= STEP
                        ? Long.highestOneBit(Math.max(SMALLEST, bytes) - 1) << 1
                        : Math.ceilDiv(bytes, STEP) * STEP;
        Arena arena = Arena.ofShared();
        try {
            return new NativeBuffer(arena, rounded);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    MemorySegment memory() {
        return memory;
    }

    long capacity() {
        return memory.byteSize();
    }

    @Override
    public void close() {
        arena.close();
    }
}
