package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.IdSource;
import io.millrace.api.MillraceException;
import io.millrace.spi.BlobStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Blobs as files named by their hash. A blob is written beside, made durable and renamed into
 * place, so what has its name is complete; what a crash left beside is removed at the next start.
 */
public final class FileBlobStore implements BlobStore {

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Path blobs;
    private final Path staging;
    private final IdSource ids;
    private final Set<String> verified = ConcurrentHashMap.newKeySet();

    private FileBlobStore(Path root, IdSource ids) {
        this.blobs = root.resolve("sha256");
        this.staging = root.resolve("staging");
        this.ids = ids;
    }

    /**
     * Opens the store in a folder, making it when it is not there. One process at a time.
     *
     * @param root a folder that nothing else uses
     * @param ids names for files that are being written
     */
    public static FileBlobStore open(Path root, IdSource ids) {
        var store = new FileBlobStore(root, ids);
        try {
            Folders.deleteTree(store.staging);
            Files.createDirectories(store.blobs);
            Files.createDirectories(store.staging);
        } catch (IOException e) {
            throw MillraceException.internal("cannot use the blob store in " + root, e);
        }
        return store;
    }

    @Override
    public String put(InputStream content, long maxBytes) {
        Path staged = staging.resolve(ids.next());
        try {
            String sha256 = stage(content, maxBytes, staged);
            Path shelf = shelf(sha256);
            Path target = shelf.resolve(sha256);
            // Over what is there, too: it may be damaged, and this is right.
            Files.createDirectories(shelf);
            Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
            Folders.sync(shelf);
            verified.add(sha256);
            return sha256;
        } catch (IOException e) {
            throw MillraceException.internal("cannot keep the upload: " + e.getMessage(), e);
        } finally {
            Folders.deleteQuietly(staged);
        }
    }

    @Override
    public boolean contains(String sha256) {
        return SHA256.matcher(sha256).matches() && Files.isRegularFile(path(sha256));
    }

    @Override
    public Path open(String sha256) {
        if (!contains(sha256)) {
            throw MillraceException.notFound(
                    "the store has no content with the hash " + sha256 + "; upload it again");
        }
        Path file = path(sha256);
        if (!verified.contains(sha256)) {
            verify(sha256, file);
            verified.add(sha256);
        }
        return file;
    }

    private static void verify(String sha256, Path file) {
        MessageDigest digest = Digests.sha256();
        var buffer = new byte[BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        } catch (IOException e) {
            throw MillraceException.internal("cannot read the content " + sha256, e);
        }
        String actual = HexFormat.of().formatHex(digest.digest());
        if (!actual.equals(sha256)) {
            throw MillraceException.internal(
                    "the stored content "
                            + sha256
                            + " is damaged on disk: it has the hash "
                            + actual,
                    null);
        }
    }

    private static String stage(InputStream content, long maxBytes, Path staged)
            throws IOException {
        MessageDigest digest = Digests.sha256();
        var buffer = new byte[BUFFER_BYTES];
        long total = 0;
        try (var out =
                FileChannel.open(staged, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                total += n;
                if (total > maxBytes) {
                    throw new MillraceException(
                            ErrorCode.TOO_LARGE,
                            "the upload is larger than the " + maxBytes + " bytes allowed");
                }
                digest.update(buffer, 0, n);
                var bytes = ByteBuffer.wrap(buffer, 0, n);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            out.force(true);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private Path path(String sha256) {
        return shelf(sha256).resolve(sha256);
    }

    /** Blobs spread over folders, so that none holds too many. */
    private Path shelf(String sha256) {
        return blobs.resolve(sha256.substring(0, 2));
    }
}
