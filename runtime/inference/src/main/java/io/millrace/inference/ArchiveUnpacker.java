package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.text.Normalizer;
import java.util.Collections;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Unpacks a zip that nobody trusts into a new folder. Nothing is written outside of the folder, and
 * after an error nothing of it is left.
 */
public final class ArchiveUnpacker {

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int MAX_NAME_SHOWN = 120;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_SEGMENT_BYTES = 200;
    private static final int MAX_NAME_BYTES = 1024;
    private static final int DIRECTORY_BYTES = 64 * 1024;
    private static final int DIRECTORY_BYTES_PER_ENTRY = 1024;
    private static final String MAC_RESOURCES = "__MACOSX";

    private final ArchiveLimits limits;

    public ArchiveUnpacker(ArchiveLimits limits) {
        this.limits = limits;
    }

    /**
     * Unpacks.
     *
     * @param archive the zip file
     * @param target a folder that does not exist yet
     * @return bytes of all files
     * @throws MillraceException {@code INVALID} or {@code TOO_LARGE}, naming the entry
     */
    public long unpack(Path archive, Path target) {
        try {
            Files.createDirectories(target);
            return new Run(target).unpack(archive);
        } catch (MillraceException e) {
            Folders.deleteQuietly(target);
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            Folders.deleteQuietly(target);
            throw MillraceException.internal("cannot unpack the archive: " + e.getMessage(), e);
        }
    }

    /** One archive being unpacked. */
    private final class Run {
        private final Path target;
        private final Set<String> names = new HashSet<>();
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private long total;

        Run(Path target) {
            this.target = target;
        }

        long unpack(Path archive) throws IOException {
            checkDirectory(archive);
            try (ZipFile zip = open(archive)) {
                for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                    unpack(zip, entry);
                }
            }
            return total;
        }

        /** Opening reads the whole directory into memory, so it is measured before. */
        private void checkDirectory(Path archive) {
            long maxBytes =
                    DIRECTORY_BYTES + (long) limits.maxEntries() * DIRECTORY_BYTES_PER_ENTRY;
            try (var zip = Files.newByteChannel(archive)) {
                var directory = ZipDirectory.measure(zip, limits.maxEntries(), maxBytes);
                if (directory.entries() > limits.maxEntries()) {
                    throw tooLarge(
                            "the archive has more than the %d entries allowed"
                                    .formatted(limits.maxEntries()));
                }
                if (directory.bytes() > maxBytes) {
                    throw tooLarge(
                            "the archive's directory is larger than the %d bytes allowed"
                                    .formatted(maxBytes));
                }
            } catch (IOException e) {
                throw incomplete(e);
            }
        }

        private void unpack(ZipFile zip, ZipArchiveEntry entry) throws IOException {
            String name = entry.getName();
            checkName(entry, name);
            if (isIgnored(name)) {
                return;
            }
            Path file = target.resolve(name).normalize();
            if (!file.startsWith(target)) {
                throw invalid(entry, "leads out of the archive");
            }
            if (!names.add(
                    Normalizer.normalize(name, Normalizer.Form.NFC).toLowerCase(Locale.ROOT))) {
                throw invalid(entry, "is there twice, or differs from another only in case");
            }
            try {
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                    return;
                }
                Files.createDirectories(parentOf(file));
            } catch (java.nio.file.FileAlreadyExistsException e) {
                throw new MillraceException(
                        ErrorCode.INVALID,
                        "archive entry '" + shown(name) + "' is both a file and a folder",
                        e);
            }
            if (!zip.canReadEntryData(entry)) {
                throw invalid(entry, "is encrypted or packed by a method that is not known");
            }
            copy(zip, entry, file);
        }

        private void copy(ZipFile zip, ZipArchiveEntry entry, Path file) throws IOException {
            var checksum = new CRC32();
            long written = 0;
            long packed = Math.max(1, entry.getCompressedSize());
            try (var out =
                            FileChannel.open(
                                    file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    InputStream in = read(zip, entry)) {
                for (int n = read(in, entry); n >= 0; n = read(in, entry)) {
                    written += n;
                    total += n;
                    checkGrowth(entry, written, packed);
                    checksum.update(buffer, 0, n);
                    var bytes = ByteBuffer.wrap(buffer, 0, n);
                    while (bytes.hasRemaining()) {
                        out.write(bytes);
                    }
                }
                out.force(true);
            } catch (java.nio.file.FileAlreadyExistsException e) {
                throw new MillraceException(
                        ErrorCode.INVALID,
                        "archive entry '" + shown(entry.getName()) + "' is there twice",
                        e);
            }
            if (checksum.getValue() != entry.getCrc() || written != entry.getSize()) {
                throw invalid(entry, "is damaged: its checksum or size is wrong");
            }
        }

        private void checkGrowth(ZipArchiveEntry entry, long written, long packed) {
            if (total > limits.maxUnpacked().bytes()) {
                throw tooLarge(
                        "archive entry '%s': the archive unpacks to more than the %s allowed"
                                .formatted(shown(entry.getName()), limits.maxUnpacked()));
            }
            if (written > ArchiveLimits.RATIO_FREE_BYTES && written / packed > limits.maxRatio()) {
                throw tooLarge(
                        "archive entry '%s' grows to more than %d times its packed size"
                                .formatted(shown(entry.getName()), limits.maxRatio()));
            }
        }

        private static InputStream read(ZipFile zip, ZipArchiveEntry entry) {
            try {
                return zip.getInputStream(entry);
            } catch (IOException e) {
                throw damaged(entry, e);
            }
        }

        private int read(InputStream in, ZipArchiveEntry entry) {
            try {
                return in.read(buffer);
            } catch (IOException e) {
                throw damaged(entry, e);
            }
        }
    }

    /** Every file lies below the target, so it has one. */
    private static Path parentOf(Path file) {
        return java.util.Objects.requireNonNull(file.getParent());
    }

    private static ZipFile open(Path archive) {
        try {
            return ZipFile.builder().setPath(archive).get();
        } catch (IOException | IllegalArgumentException e) {
            throw incomplete(e);
        }
    }

    private static MillraceException incomplete(Exception cause) {
        return new MillraceException(
                ErrorCode.INVALID,
                "not a complete zip archive (truncated, or of another format): "
                        + cause.getMessage(),
                cause);
    }

    private static void checkName(ZipArchiveEntry entry, String name) {
        if (entry.isUnixSymlink() || isSpecialFile(entry)) {
            throw invalid(entry, "is a link or a special file");
        }
        if (name.startsWith("/") || name.indexOf('\\') >= 0 || hasDrive(name)) {
            throw invalid(entry, "has an absolute path or a backslash");
        }
        String plain = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        String[] segments = plain.split("/", -1);
        if (segments.length > MAX_DEPTH) {
            throw invalid(entry, "is nested too deep");
        }
        if (bytes(name) > MAX_NAME_BYTES) {
            throw invalid(entry, "has a path that is too long");
        }
        for (String segment : segments) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw invalid(entry, "has an empty, '.' or '..' part in its path");
            }
            if (bytes(segment) > MAX_SEGMENT_BYTES
                    || segment.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
                throw invalid(entry, "has a part that is too long or holds control characters");
            }
        }
    }

    /** File systems count bytes, not characters. */
    private static int bytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8).length;
    }

    /** Unix archives say what an entry is; 0 says nothing. */
    private static boolean isSpecialFile(ZipArchiveEntry entry) {
        int type = entry.getUnixMode() & 0170000;
        return type != 0 && type != 0100000 && type != 0040000;
    }

    private static boolean hasDrive(String name) {
        return name.length() >= 2 && name.charAt(1) == ':' && Character.isLetter(name.charAt(0));
    }

    private static boolean isIgnored(String name) {
        return name.startsWith(MAC_RESOURCES + "/")
                || name.equals(MAC_RESOURCES)
                || name.endsWith("/.DS_Store")
                || name.equals(".DS_Store");
    }

    private static MillraceException damaged(ZipArchiveEntry entry, IOException cause) {
        return new MillraceException(
                ErrorCode.INVALID,
                "archive entry '" + shown(entry.getName()) + "' is damaged: " + cause.getMessage(),
                cause);
    }

    private static MillraceException invalid(ZipArchiveEntry entry, String problem) {
        return MillraceException.invalid(
                "archive entry '" + shown(entry.getName()) + "' " + problem);
    }

    private static MillraceException tooLarge(String message) {
        return new MillraceException(ErrorCode.TOO_LARGE, message);
    }

    private static String shown(String name) {
        var out = new StringBuilder();
        name.codePoints()
                .limit(MAX_NAME_SHOWN)
                .forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return out.toString();
    }
}
