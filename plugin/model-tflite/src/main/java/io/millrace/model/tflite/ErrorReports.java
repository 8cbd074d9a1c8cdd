package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * What TensorFlow Lite says when it fails. It calls back in the thread that called it, so that each
 * thread finds its own texts.
 */
@SuppressWarnings("restricted") // the C library's own formatting, for a format that only it knows
final class ErrorReports {

    private static final int MAX_LENGTH = 400;
    private static final int MAX_KEPT = 2000;

    /** A source file's path on the machine where the library was built. */
    private static final Pattern PATH = Pattern.compile("\\S*/(\\w+\\.(?:cc|h):\\d+)");

    private static final Linker LINKER = Linker.nativeLinker();

    /** {@code int vsnprintf(char*, size_t, const char*, va_list)}: a pointer on x86-64. */
    private static final MethodHandle FORMAT =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("vsnprintf"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS));

    private static final boolean CAN_FORMAT = "amd64".equals(System.getProperty("os.arch"));

    private static final ThreadLocal<StringBuilder> KEPT =
            ThreadLocal.withInitial(StringBuilder::new);

    /** To be given to the library: {@code void(void*, const char*, va_list)}. */
    static final MemorySegment CALLBACK = callback();

    private ErrorReports() {}

    /** Forgets what was said before; to be called before a call whose error matters. */
    static void clear() {
        KEPT.get().setLength(0);
    }

    /** What was said since, on one line. */
    static String take() {
        StringBuilder kept = KEPT.get();
        String text = PATH.matcher(kept).replaceAll("$1");
        clear();
        if (text.isEmpty()) {
            return "TensorFlow Lite gives no reason";
        }
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
    }

    private static MemorySegment callback() {
        try {
            MethodHandle target =
                    MethodHandles.lookup()
                            .findStatic(
                                    ErrorReports.class,
                                    "report",
                                    MethodType.methodType(
                                            void.class,
                                            MemorySegment.class,
                                            MemorySegment.class,
                                            MemorySegment.class));
            return LINKER.upcallStub(
                    target,
                    FunctionDescriptor.ofVoid(
                            ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS),
                    Arena.global());
        } catch (ReflectiveOperationException e) {
            throw MillraceException.internal("cannot make a callback", e);
        }
    }

    /** Called by the library. An exception that left it would end the process. */
    @SuppressWarnings("unused")
    private static void report(MemorySegment user, MemorySegment format, MemorySegment arguments) {
        try {
            StringBuilder kept = KEPT.get();
            if (kept.length() < MAX_KEPT) {
                kept.append(kept.isEmpty() ? "" : "; ").append(text(format, arguments).strip());
            }
        } catch (Throwable e) {
            KEPT.get().append("an error that cannot be shown: ").append(e.getClass().getName());
        }
    }

    private static String text(MemorySegment format, MemorySegment arguments) throws Throwable {
        if (!CAN_FORMAT) {
            return format.reinterpret(MAX_LENGTH).getString(0);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(MAX_LENGTH);
            int _ = (int) FORMAT.invokeExact(buffer, (long) MAX_LENGTH, format, arguments);
            byte[] bytes = buffer.toArray(ValueLayout.JAVA_BYTE);
            int length = 0;
            while (length < bytes.length && bytes[length] != 0) {
                length++;
            }
            return new String(bytes, 0, length, StandardCharsets.UTF_8);
        }
    }
}
