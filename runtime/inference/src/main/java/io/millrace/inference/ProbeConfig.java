package io.millrace.inference;

import io.millrace.api.DataSize;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a probe's process is started and what it may use.
 *
 * @param java the java command
 * @param classPath entries as {@code java -cp} takes them, wildcards included; must hold this
 *     module and the engines
 * @param flags further flags of the JVM, such as those of the server for native access
 * @param environment variables set besides the few that are inherited
 * @param heap the most Java memory
 * @param memory the most resident memory, native included; beyond it the process is ended
 * @param timeout the most time, JVM start included
 */
public record ProbeConfig(
        Path java,
        String classPath,
        List<String> flags,
        Map<String, String> environment,
        DataSize heap,
        DataSize memory,
        Duration timeout) {

    private static final List<String> NATIVE_FLAGS =
            List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xshare:auto",
                    // JavaCPP takes the Java heap's limit for that of all memory; ours is watched.
                    "-Dorg.bytedeco.javacpp.maxBytes=0",
                    "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");

    /** Where natives are unpacked to, and where those are found that need no unpacking. */
    private static final List<String> NATIVE_PROPERTIES =
            List.of(
                    "java.library.path",
                    "org.bytedeco.javacpp.cachedir",
                    "org.bytedeco.javacpp.pathsFirst",
                    "onnxruntime.native.path");

    private static final List<String> NATIVE_FOLDERS =
            List.of("org.bytedeco.javacpp.cachedir", "onnxruntime.native.path");

    /** What the probe takes over from the server, whose own variables may hold keys. */
    private static final Set<String> INHERITED = Set.of("PATH", "HOME", "LANG", "TZ", "TMPDIR");

    private static final List<String> INHERITED_PREFIXES = List.of("LC_", "TF_");

    public ProbeConfig {
        flags = List.copyOf(flags);
        environment = Map.copyOf(environment);
    }

    /**
     * The probe runs on the Java and the class path of this very process and finds natives where it
     * does. ONNX Runtime sends reports and may crash unless the environment says otherwise.
     */
    public static ProbeConfig ofThisProcess() {
        var flags = new ArrayList<>(NATIVE_FLAGS);
        for (String name : NATIVE_PROPERTIES) {
            String value = System.getProperty(name, "");
            if (!value.isEmpty()) {
                boolean isFolder = NATIVE_FOLDERS.contains(name);
                flags.add("-D" + name + "=" + (isFolder ? Path.of(value).toAbsolutePath() : value));
            }
        }
        return new ProbeConfig(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                absolute(System.getProperty("java.class.path")),
                flags,
                Map.of("TF_CPP_MIN_LOG_LEVEL", "2", "ORT_DISABLE_TELEMETRY", "1"),
                DataSize.ofMebibytes(512),
                DataSize.ofMebibytes(2048),
                Duration.ofSeconds(60));
    }

    /** A probe runs in a folder of its own, where relative entries lead nowhere. */
    private static String absolute(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    static boolean isInherited(String variable) {
        return INHERITED.contains(variable)
                || INHERITED_PREFIXES.stream().anyMatch(variable::startsWith);
    }

    /** The same with other limits. */
    public ProbeConfig withLimits(DataSize newHeap, DataSize newMemory, Duration newTimeout) {
        return new ProbeConfig(java, classPath, flags, environment, newHeap, newMemory, newTimeout);
    }
}
