package io.millrace.cli.demo;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run of the demo, named by its process. It goes when the run ends; what runs
 * left behind that were killed goes with the next one.
 */
final class RunFolder {

    private static final String PREFIX = "run-";

    private final Path root;
    private final Path path;

    private RunFolder(Path root, Path path) {
        this.root = root;
        this.path = path;
    }

    /** Makes the folder below the cache's folder. */
    static RunFolder create(Path cache) {
        Path root = cache.resolve("demo");
        var folder = new RunFolder(root, root.resolve(PREFIX + ProcessHandle.current().pid()));
        try {
            folder.deleteAbandoned();
            delete(folder.path); // of an earlier process of the same number
            Files.createDirectories(folder.path);
            return folder;
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot make the folder " + folder.path + ": " + e.getMessage(), e);
        }
    }

    /** The server's data directory. */
    Path data() {
        return path.resolve("data");
    }

    /** What the server prints. */
    Path log() {
        return path.resolve("server.log");
    }

    /** Removes it with all that is in it. */
    void delete() throws IOException {
        delete(path);
    }

    private void deleteAbandoned() throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        List<Path> runs;
        try (Stream<Path> entries = Files.list(root)) {
            runs = entries.filter(RunFolder::isAbandoned).toList();
        }
        for (Path run : runs) {
            delete(run);
        }
    }

    private static boolean isAbandoned(Path run) {
        String name = run.getFileName().toString();
        if (!name.startsWith(PREFIX)) {
            return false;
        }
        try {
            long pid = Long.parseLong(name.substring(PREFIX.length()));
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty();
        } catch (NumberFormatException _) {
            return false;
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory, @Nullable IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        Files.deleteIfExists(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
