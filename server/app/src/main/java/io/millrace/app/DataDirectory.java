package io.millrace.app;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The one folder of an embedded install, held by one server at a time. */
final class DataDirectory implements AutoCloseable {

    private final Path root;
    private final FileChannel channel;
    private final FileLock lock;

    private DataDirectory(Path root, FileChannel channel, FileLock lock) {
        this.root = root;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Takes the folder, creating it when needed.
     *
     * @throws MillraceException {@code CONFLICT} naming who holds it, {@code INVALID} when it
     *     cannot be written
     */
    static DataDirectory take(Path root, String holder) {
        FileChannel channel = null;
        try {
            Files.createDirectories(root);
            // Held in a file of its own: who reads the holder's name must not touch the locked one.
            channel =
                    FileChannel.open(
                            root.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        "the data directory "
                                + root
                                + " is in use by "
                                + readHolder(root)
                                + "; stop that server, or start this one with --data DIR");
            }
            Files.writeString(root.resolve("lock.holder"), holder, StandardCharsets.UTF_8);
            var directory = new DataDirectory(root, channel, lock);
            channel = null;
            return directory;
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "cannot use the data directory " + root + ": " + e, e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String readHolder(Path root) {
        try {
            return Files.readString(root.resolve("lock.holder"), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "a process that did not leave its name";
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A folder in it, created when it is not there. */
    Path folder(String name) {
        Path folder = root.resolve(name);
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw MillraceException.internal("cannot create " + folder + ": " + e, e);
        }
    }

    /** A stable name of this install, made once. */
    String nodeId(io.millrace.api.IdSource ids) {
        Path file = root.resolve("node.id");
        try {
            if (!Files.exists(file)) {
                ByteBuffer id = StandardCharsets.UTF_8.encode(ids.next());
                Path fresh = root.resolve("node.id.new");
                try (var out =
                        FileChannel.open(
                                fresh,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE)) {
                    while (id.hasRemaining()) {
                        out.write(id);
                    }
                    out.force(true);
                }
                Files.move(fresh, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            }
            return Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep the node's id in " + file + ": " + e, e);
        }
    }

    /** Gives the folder free. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(root.resolve("lock.holder"));
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
