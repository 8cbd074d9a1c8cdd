package io.millrace.function;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.process.EnvironmentBuilder;
import io.millrace.process.EnvironmentCatalog;
import io.millrace.process.Folders;
import io.millrace.process.VirtualEnvironment;
import io.millrace.spi.ModelConverter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Turns Keras files ({@code .keras}, {@code .h5}) into SavedModels with Keras itself, in a process
 * with limits of its own and none of the server's variables: such files may hold code.
 */
public final class KerasConverter implements ModelConverter {

    private static final String ENVIRONMENT = "tensorflow-python";
    private static final String SCRIPT = "convert_keras.py";

    /** The parts of a {@code .keras} file, which is a zip archive and may have been unpacked. */
    private static final Set<String> PARTS = Set.of("config.json", "metadata.json");

    private static final int FAILED = 2;
    private static final int LONGEST_REPORT = 4000;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Path work;
    private final EnvironmentBuilder environments;

    /**
     * Makes the converter; builds nothing yet.
     *
     * @param config where environments are kept and how they are built
     */
    public KerasConverter(FunctionRuntimeConfig config) {
        this.work = config.work();
        this.environments = new EnvironmentBuilder(config.environments());
    }

    @Override
    public String version() {
        return "keras-3.15.1-2";
    }

    @Override
    public Optional<String> accepts(Path unpacked) {
        return model(unpacked).map(_ -> "tensorflow");
    }

    /** The file, or the folder of parts; empty when it is none or not the only one. */
    private static Optional<Path> model(Path unpacked) {
        if (PARTS.stream().allMatch(part -> Files.isRegularFile(unpacked.resolve(part)))) {
            return Optional.of(unpacked);
        }
        try (Stream<Path> files = Files.walk(unpacked, 2)) {
            List<Path> found = files.filter(KerasConverter::isKeras).limit(2).toList();
            return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + unpacked, e);
        }
    }

    private static boolean isKeras(Path file) {
        String name = file.getFileName() == null ? "" : file.getFileName().toString();
        String lower = name.toLowerCase(Locale.ROOT);
        boolean isNamed =
                lower.endsWith(".keras") || lower.endsWith(".h5") || lower.endsWith(".hdf5");
        return isNamed && Files.isRegularFile(file);
    }

    @Override
    public void convert(Path unpacked, Path target) {
        Path model =
                model(unpacked)
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "expected one .keras or .h5 file in the archive"));
        try {
            run(model, target);
        } catch (IOException e) {
            throw MillraceException.internal("cannot convert a Keras model", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the server stopped during the conversion", e);
        }
    }

    private void run(Path model, Path target) throws IOException, InterruptedException {
        VirtualEnvironment environment =
                environments.build(EnvironmentCatalog.recipe(ENVIRONMENT, List.of()));
        Path folder = Files.createTempDirectory(Folders.createPrivate(work), "convert");
        try {
            Path script = folder.resolve(SCRIPT);
            try (InputStream in = KerasConverter.class.getResourceAsStream(SCRIPT)) {
                Files.write(script, in == null ? new byte[0] : in.readAllBytes());
            }
            Path report = folder.resolve("report");
            int exit =
                    execute(
                            List.of(
                                    environment.python().toString(),
                                    "-I",
                                    script.toString(),
                                    model.toAbsolutePath().toString(),
                                    target.toAbsolutePath().toString(),
                                    report.toString()),
                            folder);
            check(exit, report, folder.resolve("output"));
        } finally {
            Folders.delete(folder);
        }
    }

    private static int execute(List<String> command, Path folder)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(folder.resolve("output").toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(
                        Map.of(
                                "PATH", "/usr/bin:/bin",
                                "HOME", folder.toString(),
                                "TMPDIR", folder.toString(),
                                "TF_CPP_MIN_LOG_LEVEL", "3",
                                "CUDA_VISIBLE_DEVICES", "-1",
                                "KERAS_BACKEND", "tensorflow"));
        Process process = builder.start();
        try {
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw MillraceException.invalid(
                        "the conversion took longer than %d minutes; export the model as a"
                                        .formatted(LIMIT.toMinutes())
                                + " SavedModel yourself: model.export('folder')");
            }
            return process.exitValue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void check(int exit, Path report, Path output) throws IOException {
        if (exit == 0) {
            return;
        }
        if (exit == FAILED && Files.isRegularFile(report, LinkOption.NOFOLLOW_LINKS)) {
            throw MillraceException.invalid(
                    "Keras cannot convert this file: "
                            + end(report, LONGEST_REPORT)
                            + " (exporting it yourself may help: model.export('folder'))");
        }
        throw MillraceException.invalid(
                "the conversion ended with code %d: %s".formatted(exit, end(output, 300)));
    }

    /**
     * The end of a file that the child wrote: it may have written anything, and gigabytes of it.
     */
    static String end(Path file, int bytes) throws IOException {
        try (SeekableByteChannel channel =
                Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            channel.position(Math.max(0, channel.size() - bytes));
            byte[] end = Channels.newInputStream(channel).readNBytes(bytes);
            return new String(end, StandardCharsets.UTF_8).strip();
        }
    }
}
