package io.millrace.embedded.s3.depot;

import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.embedded.s3.depot.Refusal.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of objects: a file for each, under a name of our own, written once and never changed.
 * No key of a user is part of a path.
 */
final class ContentFiles {

    private static final Logger LOG = LoggerFactory.getLogger(ContentFiles.class);
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Path folder;
    private final FileStore disk;
    private final long reserve;
    private final IdSource ids;

    /** Files that are being written, and those whose change is not committed yet. */
    private final Set<String> unsettled = ConcurrentHashMap.newKeySet();

    private ContentFiles(Path folder, FileStore disk, long reserve, IdSource ids) {
        this.folder = folder;
        this.disk = disk;
        this.reserve = reserve;
        this.ids = ids;
    }

    /**
     * A file that was written.
     *
     * @param md5 of its content
     */
    record Written(String file, long size, byte[] md5) {
        String hex() {
            return HexFormat.of().formatHex(md5);
        }
    }

    /** Uses a folder, which is made when it is not there. */
    static ContentFiles open(Path folder, long reserve, IdSource ids) {
        try {
            Files.createDirectories(folder);
            return new ContentFiles(folder, Files.getFileStore(folder), reserve, ids);
        } catch (IOException e) {
            throw MillraceException.internal(
                    "cannot use the folder of objects " + folder + ": " + e, e);
        }
    }

    /** Refuses a write for which there is no room. */
    void checkRoom(long size) {
        try {
            long usable = disk.getUsableSpace();
            if (usable - size < reserve) {
                throw new Refusal(
                        Reason.NO_SPACE,
                        "the disk of the object store has %d MiB left, of which %d MiB are kept free (disk.reserve); make room or delete objects"
                                .formatted(usable >> 20, reserve >> 20));
            }
        } catch (IOException e) {
            throw failure("cannot see how full the disk of the object store is", e);
        }
    }

    /** Writes a stream to its end into a new file. */
    Written write(InputStream content) {
        String file = reserve();
        MessageDigest md5 = md5();
        long size = 0;
        try (OutputStream out = create(file)) {
            var buffer = new byte[BUFFER_BYTES];
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                md5.update(buffer, 0, read);
                out.write(buffer, 0, read);
                size += read;
            }
        } catch (IOException e) {
            abandon(file);
            throw failure("cannot take the content of the object", e);
        } catch (RuntimeException e) {
            abandon(file);
            throw e;
        }
        return new Written(file, size, md5.digest());
    }

    /** Writes files one after another into a new one. */
    Written join(List<String> parts) {
        String file = reserve();
        try {
            long size = 0;
            create(file).close();
            try (FileChannel out = FileChannel.open(path(file), StandardOpenOption.WRITE)) {
                for (String part : parts) {
                    try (FileChannel in = FileChannel.open(path(part))) {
                        long length = in.size();
                        for (long at = 0; at < length; ) {
                            at += in.transferTo(at, length - at, out);
                        }
                        size += length;
                    }
                }
            }
            return new Written(file, size, new byte[0]);
        } catch (IOException e) {
            abandon(file);
            throw failure("cannot put the parts of the object together", e);
        }
    }

    /**
     * Gives the content of a file another name, without copying it where the disk can do that.
     *
     * @throws NoSuchFileException when it has gone in the meantime
     */
    String copy(String from) throws NoSuchFileException {
        String file = reserve();
        try {
            Files.createDirectories(parent(file));
            try {
                Files.createLink(path(file), path(from));
            } catch (UnsupportedOperationException _) {
                Files.copy(path(from), path(file));
            }
            return file;
        } catch (NoSuchFileException e) {
            abandon(file);
            throw e;
        } catch (IOException e) {
            abandon(file);
            throw failure("cannot copy the content of the object", e);
        }
    }

    /**
     * Opens a file at its beginning.
     *
     * @throws NoSuchFileException when it has gone in the meantime
     */
    FileChannel read(String file) throws NoSuchFileException {
        try {
            return FileChannel.open(path(file));
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw failure("cannot read the content of the object", e);
        }
    }

    /** The change that refers to the file is committed. */
    void settle(String file) {
        unsettled.remove(file);
    }

    /** Nothing will refer to the file, or not any more. */
    void abandon(String file) {
        try {
            Files.deleteIfExists(path(file));
        } catch (IOException e) {
            LOG.warn("Cannot delete {}, to which nothing refers: {}", path(file), e.toString());
        } finally {
            unsettled.remove(file);
        }
    }

    /**
     * Deletes what a crash left behind: files to which nothing refers.
     *
     * @param isKnown whether the index refers to a file
     * @return how many
     */
    int sweep(Predicate<String> isKnown) {
        int swept = 0;
        for (Path shelf : list(folder)) {
            for (Path path : list(shelf)) {
                String file = String.valueOf(path.getFileName());
                // In this order: what is settled between the two looks is in the index.
                if (!unsettled.contains(file) && !isKnown.test(file)) {
                    abandon(file);
                    swept++;
                }
            }
        }
        return swept;
    }

    private static List<Path> list(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException e) {
            throw failure("cannot list " + folder, e);
        }
    }

    private String reserve() {
        String file = ids.next();
        unsettled.add(file);
        return file;
    }

    private OutputStream create(String file) throws IOException {
        try {
            return Files.newOutputStream(path(file), StandardOpenOption.CREATE_NEW);
        } catch (NoSuchFileException _) {
            Files.createDirectories(parent(file));
            return Files.newOutputStream(path(file), StandardOpenOption.CREATE_NEW);
        }
    }

    private Path parent(String file) {
        return folder.resolve(file.length() < 2 ? "00" : file.substring(0, 2));
    }

    private Path path(String file) {
        return parent(file).resolve(file);
    }

    static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw MillraceException.internal("this JVM has no MD5, of which ETags are made", e);
        }
    }

    /** What the client's own connection did is not a fault of the disk. */
    private static MillraceException failure(String what, IOException e) {
        String reason = String.valueOf(e.getMessage());
        if (reason.contains("No space left") || reason.contains("quota exceeded")) {
            return new Refusal(Reason.NO_SPACE, what + ": " + reason);
        }
        return MillraceException.internal(what + ": " + e, e);
    }
}
