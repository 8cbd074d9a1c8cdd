package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorflowlite.global.tensorflowlite;

/**
 * The C interface of TensorFlow Lite, called without an object per call: JavaCPP brings and loads
 * the library, the rest goes past it. The first use loads the library.
 *
 * <p>Nothing here checks anything: a wrong pointer ends the process.
 */
@SuppressWarnings("restricted") // what is called is TensorFlow Lite, with the types of its header
final class NativeApi {

    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;
    private static final MemoryLayout INT = ValueLayout.JAVA_INT;
    private static final MemoryLayout LONG = ValueLayout.JAVA_LONG;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY =
            SymbolLookup.libraryLookup(
                    java.nio.file.Path.of(Loader.load(tensorflowlite.class)), Arena.global());

    private static final MethodHandle MODEL_CREATE =
            find("TfLiteModelCreateWithErrorReporter", POINTER, POINTER, LONG, POINTER, POINTER);
    private static final MethodHandle MODEL_DELETE = find("TfLiteModelDelete", null, POINTER);
    private static final MethodHandle OPTIONS_CREATE =
            find("TfLiteInterpreterOptionsCreate", POINTER);
    private static final MethodHandle OPTIONS_SET_THREADS =
            find("TfLiteInterpreterOptionsSetNumThreads", null, POINTER, INT);
    private static final MethodHandle OPTIONS_SET_REPORTER =
            find("TfLiteInterpreterOptionsSetErrorReporter", null, POINTER, POINTER, POINTER);
    private static final MethodHandle CREATE =
            find("TfLiteInterpreterCreate", POINTER, POINTER, POINTER);
    private static final MethodHandle DELETE = find("TfLiteInterpreterDelete", null, POINTER);
    private static final MethodHandle RESIZE =
            find("TfLiteInterpreterResizeInputTensor", INT, POINTER, INT, POINTER, INT);
    private static final MethodHandle ALLOCATE =
            find("TfLiteInterpreterAllocateTensors", INT, POINTER);
    private static final MethodHandle INVOKE = find("TfLiteInterpreterInvoke", INT, POINTER);
    private static final MethodHandle RESET =
            find("TfLiteInterpreterResetVariableTensors", INT, POINTER);
    private static final MethodHandle INPUT =
            find("TfLiteInterpreterGetInputTensor", POINTER, POINTER, INT);
    private static final MethodHandle OUTPUT =
            find("TfLiteInterpreterGetOutputTensor", POINTER, POINTER, INT);
    private static final MethodHandle RUNNER_CREATE =
            find("TfLiteInterpreterGetSignatureRunner", POINTER, POINTER, POINTER);
    private static final MethodHandle RUNNER_DELETE =
            find("TfLiteSignatureRunnerDelete", null, POINTER);
    private static final MethodHandle RUNNER_RESIZE =
            find("TfLiteSignatureRunnerResizeInputTensor", INT, POINTER, POINTER, POINTER, INT);
    private static final MethodHandle RUNNER_ALLOCATE =
            find("TfLiteSignatureRunnerAllocateTensors", INT, POINTER);
    private static final MethodHandle RUNNER_INVOKE =
            find("TfLiteSignatureRunnerInvoke", INT, POINTER);
    private static final MethodHandle RUNNER_INPUT =
            find("TfLiteSignatureRunnerGetInputTensor", POINTER, POINTER, POINTER);
    private static final MethodHandle RUNNER_OUTPUT =
            find("TfLiteSignatureRunnerGetOutputTensor", POINTER, POINTER, POINTER);
    private static final MethodHandle TENSOR_TYPE = find("TfLiteTensorType", INT, POINTER);
    private static final MethodHandle TENSOR_RANK = find("TfLiteTensorNumDims", INT, POINTER);
    private static final MethodHandle TENSOR_EXTENT = find("TfLiteTensorDim", INT, POINTER, INT);
    private static final MethodHandle TENSOR_BYTES = find("TfLiteTensorByteSize", LONG, POINTER);
    private static final MethodHandle TENSOR_DATA = find("TfLiteTensorData", POINTER, POINTER);
    private static final MethodHandle TENSOR_REALLOCATE =
            find("TfLiteTensorRealloc", INT, LONG, POINTER);

    private NativeApi() {}

    /** Null when TensorFlow Lite does not take the bytes, which must outlive the model. */
    static MemorySegment createModel(MemorySegment data) {
        try {
            return (MemorySegment)
                    MODEL_CREATE.invokeExact(
                            data, data.byteSize(), ErrorReports.CALLBACK, MemorySegment.NULL);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static void deleteModel(MemorySegment model) {
        try {
            MODEL_DELETE.invokeExact(model);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    /** How interpreters are made: never freed, one for the process. */
    static MemorySegment createOptions(int threads) {
        try {
            var options = (MemorySegment) OPTIONS_CREATE.invokeExact();
            OPTIONS_SET_THREADS.invokeExact(options, threads);
            OPTIONS_SET_REPORTER.invokeExact(options, ErrorReports.CALLBACK, MemorySegment.NULL);
            return options;
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    /** Null when the model cannot be run. */
    static MemorySegment createInterpreter(MemorySegment model, MemorySegment options) {
        try {
            return (MemorySegment) CREATE.invokeExact(model, options);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static void deleteInterpreter(MemorySegment interpreter) {
        try {
            DELETE.invokeExact(interpreter);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int resize(MemorySegment interpreter, int input, MemorySegment extents, int rank) {
        try {
            return (int) RESIZE.invokeExact(interpreter, input, extents, rank);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int allocate(MemorySegment interpreter) {
        try {
            return (int) ALLOCATE.invokeExact(interpreter);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int invoke(MemorySegment interpreter) {
        try {
            return (int) INVOKE.invokeExact(interpreter);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int resetVariables(MemorySegment interpreter) {
        try {
            return (int) RESET.invokeExact(interpreter);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static MemorySegment input(MemorySegment interpreter, int index) {
        try {
            return (MemorySegment) INPUT.invokeExact(interpreter, index);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static MemorySegment output(MemorySegment interpreter, int index) {
        try {
            return (MemorySegment) OUTPUT.invokeExact(interpreter, index);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    /** Null when the model has no such signature. */
    static MemorySegment createRunner(MemorySegment interpreter, MemorySegment signature) {
        try {
            return (MemorySegment) RUNNER_CREATE.invokeExact(interpreter, signature);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static void deleteRunner(MemorySegment runner) {
        try {
            RUNNER_DELETE.invokeExact(runner);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int resizeRunner(
            MemorySegment runner, MemorySegment input, MemorySegment extents, int rank) {
        try {
            return (int) RUNNER_RESIZE.invokeExact(runner, input, extents, rank);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int allocateRunner(MemorySegment runner) {
        try {
            return (int) RUNNER_ALLOCATE.invokeExact(runner);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int invokeRunner(MemorySegment runner) {
        try {
            return (int) RUNNER_INVOKE.invokeExact(runner);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static MemorySegment runnerInput(MemorySegment runner, MemorySegment name) {
        try {
            return (MemorySegment) RUNNER_INPUT.invokeExact(runner, name);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static MemorySegment runnerOutput(MemorySegment runner, MemorySegment name) {
        try {
            return (MemorySegment) RUNNER_OUTPUT.invokeExact(runner, name);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int type(MemorySegment tensor) {
        try {
            return (int) TENSOR_TYPE.invokeExact(tensor);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int rank(MemorySegment tensor) {
        try {
            return (int) TENSOR_RANK.invokeExact(tensor);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    static int extent(MemorySegment tensor, int axis) {
        try {
            return (int) TENSOR_EXTENT.invokeExact(tensor, axis);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    /** The tensor's memory, empty when it has none; good until the next resize or call. */
    static MemorySegment data(MemorySegment tensor) {
        try {
            long bytes = (long) TENSOR_BYTES.invokeExact(tensor);
            var address = (MemorySegment) TENSOR_DATA.invokeExact(tensor);
            return address.address() == 0 ? MemorySegment.NULL : address.reinterpret(bytes);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    /** Gives a tensor without a fixed size another one. */
    static int reallocate(MemorySegment tensor, long bytes) {
        try {
            return (int) TENSOR_REALLOCATE.invokeExact(bytes, tensor);
        } catch (Throwable e) {
            throw defect(e);
        }
    }

    private static MethodHandle find(
            String name,
            @org.jspecify.annotations.Nullable MemoryLayout result,
            MemoryLayout... parameters) {
        var descriptor =
                result == null
                        ? FunctionDescriptor.ofVoid(parameters)
                        : FunctionDescriptor.of(result, parameters);
        return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    private static MillraceException defect(Throwable e) {
        return MillraceException.internal("cannot call TensorFlow Lite", e);
    }
}
