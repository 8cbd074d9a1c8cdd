package io.millrace.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.api.MillraceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * ONNX Runtime's C interface, as far as it is used here. Its own Java classes turn strings into
 * another encoding than UTF-8, have no unsigned numbers and make garbage on every call.
 *
 * <p>Functions are found by their place in the table {@code OrtApi}, which only ever grows at its
 * end. Pointers and numbers are all passed as {@code long}: they take a whole register or stack
 * slot each on the platforms that ONNX Runtime is built for.
 *
 * <p>May be touched only after {@link OnnxLibrary} has loaded the library.
 */
final class NativeApi {

    static final int CREATE_ENV = 3;
    static final int CREATE_SESSION = 7;
    static final int RUN = 9;
    static final int CREATE_SESSION_OPTIONS = 10;
    static final int SET_EXECUTION_MODE = 13;
    static final int DISABLE_MEMORY_PATTERN = 17;
    static final int DISABLE_CPU_ARENA = 19;
    static final int SET_LOG_SEVERITY = 22;
    static final int SET_OPTIMIZATION_LEVEL = 23;
    static final int SET_INTRA_OP_THREADS = 24;
    static final int SET_INTER_OP_THREADS = 25;
    static final int INPUT_COUNT = 30;
    static final int OUTPUT_COUNT = 31;
    static final int INPUT_TYPE = 33;
    static final int OUTPUT_TYPE = 34;
    static final int INPUT_NAME = 36;
    static final int OUTPUT_NAME = 37;
    static final int CREATE_TENSOR = 48;
    static final int CREATE_TENSOR_OVER = 49;
    static final int TENSOR_DATA = 51;
    static final int FILL_STRINGS = 52;
    static final int STRINGS_LENGTH = 53;
    static final int STRINGS_CONTENT = 54;
    static final int TENSOR_INFO_OF_TYPE = 55;
    static final int KIND_OF_TYPE = 56;
    static final int ELEMENT_TYPE = 60;
    static final int RANK = 61;
    static final int EXTENTS = 62;
    static final int TENSOR_INFO_OF_VALUE = 65;
    static final int CREATE_CPU_MEMORY_INFO = 69;
    static final int ALLOCATOR_FREE = 76;
    static final int DEFAULT_ALLOCATOR = 78;
    static final int RELEASE_SESSION = 95;
    static final int RELEASE_VALUE = 96;
    static final int RELEASE_TYPE = 98;
    static final int RELEASE_TENSOR_INFO = 99;
    static final int RELEASE_SESSION_OPTIONS = 100;
    static final int ADD_CONFIG_ENTRY = 130;

    private static final int ERROR_MESSAGE = 2;
    private static final int RELEASE_STATUS = 93;
    private static final int TABLE_SIZE = 131;

    /** The oldest version of the interface that has all of these. */
    private static final int API_VERSION = 4;

    private static final String ENTRY = "OrtGetApiBase";

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle CALL_1 = function(1);
    private static final MethodHandle CALL_2 = function(2);
    private static final MethodHandle CALL_3 = function(3);
    private static final MethodHandle CALL_4 = function(4);
    private static final MethodHandle CALL_5 = function(5);
    private static final MethodHandle CALL_7 = function(7);
    private static final MethodHandle CALL_8 = function(8);
    private static final MethodHandle RELEASE = release();

    private static final MemorySegment TABLE = table();
    private static final MemorySegment RUN_FUNCTION = at(RUN);
    private static final MemorySegment CREATE_TENSOR_OVER_FUNCTION = at(CREATE_TENSOR_OVER);
    private static final MemorySegment RELEASE_VALUE_FUNCTION = at(RELEASE_VALUE);

    private NativeApi() {}

    static void call(int function, long a) {
        try {
            check((long) CALL_1.invokeExact(at(function), a));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void call(int function, long a, long b) {
        try {
            check((long) CALL_2.invokeExact(at(function), a, b));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void call(int function, long a, long b, long c) {
        try {
            check((long) CALL_3.invokeExact(at(function), a, b, c));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void call(int function, long a, long b, long c, long d) {
        try {
            check((long) CALL_4.invokeExact(at(function), a, b, c, d));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    static void call(int function, long a, long b, long c, long d, long e) {
        try {
            check((long) CALL_5.invokeExact(at(function), a, b, c, d, e));
        } catch (Throwable error) {
            throw failed(error);
        }
    }

    /** Calls a function whose last parameter is where to put the result. */
    static long result(int function, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            long a = arguments.length > 0 ? arguments[0] : 0;
            long b = arguments.length > 1 ? arguments[1] : 0;
            long c = arguments.length > 2 ? arguments[2] : 0;
            switch (arguments.length) {
                case 0 -> call(function, out.address());
                case 1 -> call(function, a, out.address());
                case 2 -> call(function, a, b, out.address());
                case 3 -> call(function, a, b, c, out.address());
                case 4 -> call(function, a, b, c, arguments[3], out.address());
                default ->
                        throw MillraceException.internal(
                                "no call of ONNX Runtime takes so many arguments", null);
            }
            return out.get(JAVA_LONG, 0);
        }
    }

    /** Computes; hot. */
    static void run(long session, long inputNames, long inputs, int inputCount, Outputs outputs) {
        long none = 0;
        try {
            check(
                    (long)
                            CALL_8.invokeExact(
                                    RUN_FUNCTION,
                                    session,
                                    none,
                                    inputNames,
                                    inputs,
                                    (long) inputCount,
                                    outputs.names(),
                                    (long) outputs.count(),
                                    outputs.values()));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Where names of outputs are, and where the outputs go. */
    record Outputs(long names, int count, long values) {}

    /**
     * Makes a tensor over memory of ours.
     *
     * @param out where to put the tensor
     */
    static void tensorOver(
            MemorySegment memory, long bytes, MemorySegment extents, int rank, int type, long out) {
        try {
            check(
                    (long)
                            CALL_7.invokeExact(
                                    CREATE_TENSOR_OVER_FUNCTION,
                                    OnnxLibrary.memoryInfo(),
                                    memory.address(),
                                    bytes,
                                    extents.address(),
                                    (long) rank,
                                    (long) type,
                                    out));
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** Frees a tensor; 0 is fine. */
    static void releaseValue(long value) {
        release(RELEASE_VALUE_FUNCTION, value);
    }

    /** Frees anything by the function for its kind; 0 is fine. */
    static void release(int function, long object) {
        release(at(function), object);
    }

    private static void release(MemorySegment function, long object) {
        try {
            RELEASE.invokeExact(function, object);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** The text at an address. */
    @SuppressWarnings("restricted") // a text of ONNX Runtime, which ends with a zero
    static String text(long address) {
        return MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
    }

    private static void check(long status) {
        if (status != 0) {
            throw failure(status);
        }
    }

    private static OnnxFailure failure(long status) {
        try {
            long message = (long) CALL_1.invokeExact(at(ERROR_MESSAGE), status);
            return new OnnxFailure(Messages.firstLine(text(message)));
        } catch (Throwable e) {
            throw failed(e);
        } finally {
            release(RELEASE_STATUS, status);
        }
    }

    private static MillraceException failed(Throwable error) {
        return switch (error) {
            case MillraceException known -> known;
            case Error fatal -> throw fatal;
            default -> MillraceException.internal("ONNX Runtime cannot be called", error);
        };
    }

    private static MemorySegment at(int function) {
        return TABLE.getAtIndex(ADDRESS, function);
    }

    @SuppressWarnings("restricted") // all take and give registers
    private static MethodHandle function(int arguments) {
        var layouts = new MemoryLayout[arguments];
        Arrays.fill(layouts, JAVA_LONG);
        return LINKER.downcallHandle(FunctionDescriptor.of(JAVA_LONG, layouts));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle release() {
        return LINKER.downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG));
    }

    @SuppressWarnings("restricted") // the table is as long as the version asked for says
    private static MemorySegment table() {
        MemorySegment entry =
                SymbolLookup.loaderLookup()
                        .find(ENTRY)
                        .orElseThrow(() ->
                                MillraceException.internal(
                                        "ONNX Runtime is loaded, and has no " + ENTRY, null));
        try {
            var base =
                    (MemorySegment)
                            LINKER.downcallHandle(entry, FunctionDescriptor.of(ADDRESS))
                                    .invokeExact();
            MemorySegment getApi = base.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
            var table =
                    (MemorySegment)
                            LINKER.downcallHandle(getApi, FunctionDescriptor.of(ADDRESS, JAVA_INT))
                                    .invokeExact(API_VERSION);
            if (table.equals(MemorySegment.NULL)) {
                throw MillraceException.internal(
                        "ONNX Runtime does not offer version " + API_VERSION, null);
            }
            return table.reinterpret(TABLE_SIZE * ADDRESS.byteSize());
        } catch (Throwable e) {
            throw failed(e);
        }
    }
}
