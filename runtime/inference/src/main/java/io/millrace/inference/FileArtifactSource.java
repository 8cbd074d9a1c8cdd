package io.millrace.inference;

import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ArtifactSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies a file or a folder of the server's own machine. Nothing is readable unless the list of
 * allowed origins names a folder; links that lead out of that folder are not followed.
 */
public final class FileArtifactSource implements ArtifactSource {

    private final AllowedOrigins origins;

    /**
     * Makes the source; reads nothing.
     *
     * @param origins from where it may copy
     */
    public FileArtifactSource(AllowedOrigins origins) {
        this.origins = origins;
    }

    @Override
    public Set<String> schemes() {
        return Set.of("file");
    }

    @Override
    public void check(URI address) {
        boolean isLocal = address.getHost() == null || address.getHost().isEmpty();
        if (!isLocal || !isAbsolutePath(address.getPath())) {
            throw MillraceException.invalid(
                    "expected the absolute path of a file of the server, such as"
                            + " file:/srv/models/digits.onnx, got "
                            + address);
        }
        origins.check(address);
    }

    private static boolean isAbsolutePath(@Nullable String path) {
        try {
            return path != null && Path.of(path).isAbsolute();
        } catch (InvalidPathException e) {
            return false;
        }
    }

    @Override
    public void fetch(URI address, Path folder, DataSize limit) {
        check(address);
        Path wanted = Path.of(address.getPath());
        try {
            Path real = wanted.toRealPath();
            if (!isAllowed(real)) {
                throw new MillraceException(
                        ErrorCode.DENIED,
                        wanted + " is a link that leads out of the folders of models.origins");
            }
            Files.walkFileTree(real, new Copy(real, folder, limit));
        } catch (NoSuchFileException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "there is no " + wanted + " on the server", e);
        } catch (AccessDeniedException e) {
            throw new MillraceException(
                    ErrorCode.DENIED,
                    "the server has no right to read "
                            + e.getFile()
                            + ": give it to the account that the server runs as",
                    e);
        } catch (IOException e) {
            // A full disk, for one: the address is as good as before.
            throw MillraceException.internal("cannot copy " + wanted + ": " + e.getMessage(), e);
        }
    }

    private boolean isAllowed(Path real) throws IOException {
        for (String allowed : origins.folders()) {
            Path folder = Path.of(allowed.isEmpty() ? "/" : allowed);
            if (Files.exists(folder) && real.startsWith(folder.toRealPath())) {
                return true;
            }
        }
        return false;
    }

    /** Copies what is no link: a link inside could lead anywhere. */
    private static final class Copy extends SimpleFileVisitor<Path> {
        private static final int BUFFER = 1 << 16;

        private final Path from;
        private final Path to;
        private final DataSize limit;
        private long copied;

        Copy(Path from, Path to, DataSize limit) {
            this.from = from;
            this.to = to;
            this.limit = limit;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path source, BasicFileAttributes attributes)
                throws IOException {
            Files.createDirectories(target(source));
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path source, BasicFileAttributes attributes)
                throws IOException {
            if (!attributes.isRegularFile()) {
                throw MillraceException.invalid(
                        source + " is no ordinary file; links in models are not followed");
            }
            // What was looked at may have been replaced or have grown by now: neither is a link
            // followed here nor the size believed.
            try (InputStream in = Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS);
                    OutputStream out =
                            Files.newOutputStream(target(source), StandardOpenOption.CREATE_NEW)) {
                byte[] buffer = new byte[BUFFER];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    copied += n;
                    if (copied > limit.bytes()) {
                        throw new MillraceException(
                                ErrorCode.TOO_LARGE,
                                "%s is larger than the %s allowed".formatted(from, limit));
                    }
                    out.write(buffer, 0, n);
                }
            }
            return FileVisitResult.CONTINUE;
        }

        /** A single file keeps its name, for its suffix says what it is. */
        private Path target(Path source) {
            Path fileName = source.getFileName();
            return source.equals(from) && !Files.isDirectory(from) && fileName != null
                    ? to.resolve(fileName.toString())
                    : to.resolve(from.relativize(source).toString());
        }
    }
}
