package io.millrace.cli.manifest;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.archive.ArchiveWriter;
import io.millrace.codec.archive.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A model as the server takes it: a zip. One that is none yet, a single model file or a folder, is
 * packed into a temporary file, always with the same bytes for the same content.
 *
 * @param file the zip
 * @param framework what its content shows; empty when it shows nothing
 * @param isTemporary whether the file goes away with this
 */
public record ModelArchive(Path file, String framework, boolean isTemporary)
        implements AutoCloseable {

    private static final int CHUNK = 1 << 16;

    /**
     * The archive of a zip, a model file or a folder.
     *
     * @throws MillraceException {@code INVALID} when it is nothing of that; {@code NOT_FOUND}
     */
    public static ModelArchive of(Path model) throws IOException {
        if (Files.isDirectory(model)) {
            return ofFolder(model);
        }
        if (!Files.exists(model)) {
            throw MillraceException.notFound("there is no such file");
        }
        byte[] head = head(model);
        String name = model.getFileName().toString();
        if (ModelFile.isGzip(head)) {
            throw MillraceException.invalid("is a gzip; pack the model with zip");
        }
        Optional<ModelFile> single = ModelFile.ofName(name);
        if (single.isEmpty() && !name.endsWith(".zip")) {
            single = ModelFile.ofHead(head);
        }
        if (single.isPresent()) {
            return ofFile(model, single.get());
        }
        if (!name.endsWith(".zip") && !ModelFile.isZip(head)) {
            throw MillraceException.invalid(
                    "is neither a zip nor a .onnx, .tflite, .keras or .h5 file");
        }
        return new ModelArchive(model, frameworkOf(model), false);
    }

    private static byte[] head(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(ModelFile.HEAD_BYTES);
        }
    }

    private static ModelArchive ofFile(Path model, ModelFile kind) throws IOException {
        return packed(kind.framework(), archive -> add(archive, kind.defaultName(), model));
    }

    private static ModelArchive ofFolder(Path folder) throws IOException {
        List<Path> files = filesOf(folder);
        if (files.isEmpty()) {
            throw MillraceException.invalid("is a folder without files");
        }
        return packed(
                frameworkOf(files.stream().map(file -> nameIn(folder, file)).toList()),
                archive -> {
                    for (Path file : files) {
                        add(archive, nameIn(folder, file), file);
                    }
                });
    }

    /** In the order of their names, which does not depend on the file system. */
    private static List<Path> filesOf(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> files =
                    all.filter(file -> !Files.isDirectory(file))
                            .sorted(
                                    java.util.Comparator.comparing(
                                            (Path file) -> nameIn(folder, file)))
                            .toList();
            for (Path file : files) {
                // A link may lead anywhere, and whoever packs a folder means what is in it.
                if (!Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                    throw MillraceException.invalid(
                            "holds '" + nameIn(folder, file) + "', which is no ordinary file");
                }
            }
            return files;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static String nameIn(Path folder, Path file) {
        return folder.relativize(file).toString().replace(java.io.File.separatorChar, '/');
    }

    @FunctionalInterface
    private interface Packing {
        void addTo(ArchiveWriter archive) throws IOException;
    }

    private static ModelArchive packed(String framework, Packing packing) throws IOException {
        Path target = Files.createTempFile("millrace-model-", ".zip");
        var archive = new ModelArchive(target, framework, true);
        boolean isComplete = false;
        try (var writer = new ArchiveWriter(Files.newOutputStream(target))) {
            packing.addTo(writer);
            isComplete = true;
        } finally {
            if (!isComplete) {
                archive.close();
            }
        }
        return archive;
    }

    private static void add(ArchiveWriter archive, String name, Path file) throws IOException {
        archive.begin(name);
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                archive.write(chunk, 0, n);
            }
        }
    }

    private static String frameworkOf(Path zip) {
        try (var archive = new ZipFile(zip.toFile())) {
            return frameworkOf(archive.stream().map(ZipEntry::getName).toList());
        } catch (IOException _) {
            return ""; // no zip that can be read here: the server says what is wrong with it
        }
    }

    private static String frameworkOf(List<String> names) {
        // A SavedModel may hold any other file as an asset; so it is looked for first.
        return names.stream().anyMatch(ModelArchive::isSavedModel)
                ? ModelFile.SAVED_MODEL.framework()
                : names.stream()
                        .flatMap(name -> ModelFile.ofName(name).stream())
                        .findFirst()
                        .map(ModelFile::framework)
                        .orElse("");
    }

    private static boolean isSavedModel(String name) {
        return ModelFile.ofName(name).filter(ModelFile.SAVED_MODEL::equals).isPresent();
    }

    /** Deletes what was made for this alone. */
    @Override
    public void close() {
        if (isTemporary) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new MillraceException(
                        ErrorCode.INTERNAL, "cannot delete the temporary file " + file, e);
            }
        }
    }
}
