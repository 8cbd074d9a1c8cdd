package io.millrace.model.onnx;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.millrace.api.MillraceException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The C library's heap. After large models glibc keeps hundreds of megabytes that nobody uses,
 * unless it is asked for them.
 */
final class NativeHeap {

    private static final @Nullable MethodHandle TRIM = trimFunction();

    private NativeHeap() {}

    /** Gives free memory back to the system; takes milliseconds. */
    static void trim() {
        MethodHandle trim = TRIM;
        if (trim != null) {
            try {
                int _ = (int) trim.invokeExact(0L);
            } catch (Error e) {
                throw e;
            } catch (Throwable e) {
                throw MillraceException.internal("cannot trim the native heap", e);
            }
        }
    }

    /** Null where the C library has no such function and needs none. */
    @SuppressWarnings("restricted") // int malloc_trim(size_t)
    private static @Nullable MethodHandle trimFunction() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("malloc_trim")
                .map(trim ->
                        linker.downcallHandle(trim, FunctionDescriptor.of(JAVA_INT, JAVA_LONG)))
                .orElse(null);
    }
}
