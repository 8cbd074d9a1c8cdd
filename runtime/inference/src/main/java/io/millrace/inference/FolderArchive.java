package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.codec.archive.ArchiveWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Fetched files as the one archive by whose hash they are known. */
final class FolderArchive {

    private static final int BUFFER_BYTES = 64 * 1024;

    private FolderArchive() {}

    /** The archive itself, when a folder holds nothing but one. */
    static Optional<Path> single(Path folder) {
        List<Path> files = files(folder);
        return files.size() == 1 && name(folder, files.getFirst()).endsWith(".zip")
                ? Optional.of(files.getFirst())
                : Optional.empty();
    }

    private static String name(Path folder, Path file) {
        return folder.relativize(file).toString().toLowerCase(Locale.ROOT);
    }

    /**
     * Packs a folder so that the same files give the same bytes, whoever fetched them.
     *
     * @throws MillraceException {@code INVALID} when there is nothing in it, or a link
     */
    static void pack(Path folder, Path archive) {
        List<Path> files = files(folder);
        if (files.isEmpty()) {
            throw MillraceException.invalid("there are no files at the model's address");
        }
        try (var zip = new ArchiveWriter(Files.newOutputStream(archive))) {
            for (Path file : files) {
                add(zip, folder, file);
            }
        } catch (IOException e) {
            throw MillraceException.internal("cannot pack the fetched model", e);
        }
    }

    private static void add(ArchiveWriter zip, Path folder, Path file) throws IOException {
        zip.begin(folder.relativize(file).toString());
        var buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                zip.write(buffer, 0, n);
            }
        }
    }

    private static List<Path> files(Path folder) {
        try (var all = Files.walk(folder)) {
            List<Path> files =
                    all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                            .sorted()
                            .toList();
            for (Path file : files) {
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    throw MillraceException.invalid(
                            "'" + folder.relativize(file) + "' is a link or a special file");
                }
            }
            return files;
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the fetched model", e);
        }
    }
}
