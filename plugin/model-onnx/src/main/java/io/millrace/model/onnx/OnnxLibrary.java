package io.millrace.model.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import io.millrace.api.MillraceException;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The one owner of ONNX Runtime in the process: loads the library with the first model, and makes
 * the environment that all sessions share. Lives as long as the process.
 */
final class OnnxLibrary {

    /** The line of versions without telemetry that this was tried with. */
    private static final String QUIET_VERSIONS = "1.28.";

    private static final String SWITCH = "ORT_DISABLE_TELEMETRY";
    private static final int FATAL = 4;
    private static final int DEVICE_ALLOCATOR = 0;
    private static final int DEFAULT_MEMORY = 0;
    private static final String LOG_NAME = "millrace";

    private OnnxLibrary() {}

    /**
     * Loads the library when that has not happened yet.
     *
     * @return the environment
     * @throws MillraceException {@code INTERNAL} when it cannot or must not be loaded
     */
    static long environment() {
        try {
            return Loaded.ENVIRONMENT;
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof MillraceException known) {
                throw known;
            }
            throw cannotLoad(e);
        } catch (LinkageError e) {
            throw cannotLoad(e);
        }
    }

    /** Says that memory is ordinary memory. */
    static long memoryInfo() {
        return Loaded.MEMORY_INFO;
    }

    /** Names and types are handed out in memory of this. */
    static long allocator() {
        return Loaded.ALLOCATOR;
    }

    /**
     * Refuses a library that would report its use over the network, and may end the process while
     * it prepares to.
     *
     * @param version of the library; null when it cannot be told
     * @param disabled what the environment's switch says; null when it is not there
     */
    static void refuseTelemetry(@Nullable String version, @Nullable String disabled) {
        boolean isQuiet = version != null && version.startsWith(QUIET_VERSIONS);
        if (!isQuiet && !"1".equals(disabled)) {
            throw MillraceException.internal(
                    "ONNX Runtime %s may report its use over the network: put %s=1 into the environment of the process, or use %sx"
                            .formatted(
                                    version == null ? "of an unknown version" : version,
                                    SWITCH,
                                    QUIET_VERSIONS),
                    null);
        }
    }

    private static MillraceException cannotLoad(Throwable e) {
        // Whoever comes second is only told that the first one failed: the reason lies deeper.
        Throwable reason = e;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            reason = cause;
        }
        return MillraceException.internal(
                "ONNX Runtime cannot be loaded on this machine (it needs Linux with glibc 2.28 or"
                        + " later): "
                        + Messages.firstLine(String.valueOf(reason)),
                e);
    }

    /** The JVM makes sure that this happens once. */
    private static final class Loaded {
        static final long ENVIRONMENT = load();
        static final long MEMORY_INFO =
                NativeApi.result(
                        NativeApi.CREATE_CPU_MEMORY_INFO, DEVICE_ALLOCATOR, DEFAULT_MEMORY);
        static final long ALLOCATOR = NativeApi.result(NativeApi.DEFAULT_ALLOCATOR);

        private static long load() {
            String disabled = System.getenv(SWITCH);
            // Before anything of it runs: telemetry begins while the library is being loaded.
            refuseTelemetry(OrtEnvironment.class.getPackage().getImplementationVersion(), disabled);
            OrtEnvironment environment =
                    OrtEnvironment.getEnvironment(
                            OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, LOG_NAME);
            // A library from elsewhere may have been put in its place.
            refuseTelemetry(environment.getVersion(), disabled);
            try (Arena arena = Arena.ofConfined()) {
                // The same environment once more: the exit of the JVM closes only Java's own.
                return NativeApi.result(
                        NativeApi.CREATE_ENV, FATAL, arena.allocateFrom(LOG_NAME).address());
            }
        }
    }
}
