package io.millrace.model.onnx;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A session of ONNX Runtime: computes in the caller's thread, from several threads at once. */
final class NativeSession implements AutoCloseable {

    private static final int SEQUENTIAL = 0;
    private static final int ALL_OPTIMIZATIONS = 99;
    private static final int FATAL = 4;
    private static final int ONE_THREAD = 1;

    private final long handle;

    private NativeSession(long handle) {
        this.handle = handle;
    }

    /** Loads a file that has been looked at. */
    static NativeSession open(Path model) {
        Path file = model.toAbsolutePath();
        long environment = OnnxLibrary.environment();
        long options = NativeApi.result(NativeApi.CREATE_SESSION_OPTIONS);
        try (Arena arena = Arena.ofConfined()) {
            configure(options, arena);
            return new NativeSession(
                    NativeApi.result(
                            NativeApi.CREATE_SESSION,
                            environment,
                            arena.allocateFrom(file.toString()).address(),
                            options));
        } catch (OnnxFailure e) {
            throw new MillraceException(
                    ErrorCode.INVALID,
                    "ONNX Runtime cannot load this model: "
                            + withoutFolder(e.text(), file)
                            + advice(e.text()),
                    e);
        } finally {
            NativeApi.release(NativeApi.RELEASE_SESSION_OPTIONS, options);
        }
    }

    /** Where the server keeps its files is nobody's business. */
    private static String withoutFolder(String text, Path file) {
        return text.replace(file.resolveSibling("") + "/", "");
    }

    private static String advice(String text) {
        return text.contains("Could not find an implementation")
                ? " (export the model again with another opset_version: this one of the operation"
                        + " is too old, too new or not for this type)"
                : "";
    }

    private static void configure(long options, Arena arena) {
        NativeApi.call(NativeApi.SET_EXECUTION_MODE, options, SEQUENTIAL);
        NativeApi.call(NativeApi.SET_OPTIMIZATION_LEVEL, options, ALL_OPTIMIZATIONS);
        NativeApi.call(NativeApi.SET_INTRA_OP_THREADS, options, ONE_THREAD);
        NativeApi.call(NativeApi.SET_INTER_OP_THREADS, options, ONE_THREAD);
        NativeApi.call(NativeApi.SET_LOG_SEVERITY, options, FATAL);
        // An arena never gives back what the largest call took, and a pattern is kept for every
        // combination of shapes that was ever seen. Neither made calls measurably faster.
        NativeApi.call(NativeApi.DISABLE_CPU_ARENA, options);
        NativeApi.call(NativeApi.DISABLE_MEMORY_PATTERN, options);
        set(options, arena, "session.intra_op.allow_spinning", "0");
        set(options, arena, "session.inter_op.allow_spinning", "0");
        // Else the file's name or first bytes choose another format, which was not looked at.
        set(options, arena, "session.load_model_format", "ONNX");
    }

    private static void set(long options, Arena arena, String key, String value) {
        NativeApi.call(
                NativeApi.ADD_CONFIG_ENTRY,
                options,
                arena.allocateFrom(key).address(),
                arena.allocateFrom(value).address());
    }

    /** What must be given to every call. */
    List<Port> inputs() {
        return ports(NativeApi.INPUT_COUNT, NativeApi.INPUT_NAME, NativeApi.INPUT_TYPE);
    }

    /** What a call can give. */
    List<Port> outputs() {
        return ports(NativeApi.OUTPUT_COUNT, NativeApi.OUTPUT_NAME, NativeApi.OUTPUT_TYPE);
    }

    private List<Port> ports(int count, int name, int type) {
        long ports = NativeApi.result(count, handle);
        var list = new ArrayList<Port>();
        for (long i = 0; i < ports; i++) {
            list.add(port(name(name, i), type, i));
        }
        return list;
    }

    private String name(int function, long index) {
        long text = NativeApi.result(function, handle, index, OnnxLibrary.allocator());
        try {
            return NativeApi.text(text);
        } finally {
            NativeApi.call(NativeApi.ALLOCATOR_FREE, OnnxLibrary.allocator(), text);
        }
    }

    private Port port(String name, int function, long index) {
        long type = NativeApi.result(function, handle, index);
        try {
            int kind = (int) NativeApi.result(NativeApi.KIND_OF_TYPE, type);
            if (kind != Port.TENSOR) {
                return new Port(name, kind, 0, Shape.of());
            }
            long info = NativeApi.result(NativeApi.TENSOR_INFO_OF_TYPE, type);
            int element = (int) NativeApi.result(NativeApi.ELEMENT_TYPE, info);
            return new Port(name, kind, element, shape(info));
        } finally {
            NativeApi.release(NativeApi.RELEASE_TYPE, type);
        }
    }

    /** The shape of a tensor; -1 where any extent goes. */
    static Shape shape(long info) {
        int rank = (int) NativeApi.result(NativeApi.RANK, info);
        if (rank == 0) {
            return Shape.of();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment extents = arena.allocate(ValueLayout.JAVA_LONG, rank);
            NativeApi.call(NativeApi.EXTENTS, info, extents.address(), rank);
            long[] known = extents.toArray(ValueLayout.JAVA_LONG);
            for (int axis = 0; axis < rank; axis++) {
                known[axis] = Math.max(Shape.ANY, known[axis]);
            }
            return Shape.of(known);
        }
    }

    /**
     * Computes.
     *
     * @param inputNames addresses of the names
     * @param inputs addresses of the tensors
     */
    void run(MemorySegment inputNames, MemorySegment inputs, int count, NativeApi.Outputs outputs) {
        NativeApi.run(handle, inputNames.address(), inputs.address(), count, outputs);
    }

    /** Once, and not while a call is under way: it would read freed memory. */
    @Override
    public void close() {
        NativeApi.release(NativeApi.RELEASE_SESSION, handle);
        NativeHeap.trim();
    }
}
