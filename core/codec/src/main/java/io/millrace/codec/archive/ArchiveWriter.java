package io.millrace.codec.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.time.LocalDateTime;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes archives of which the bytes depend on nothing but the names and contents of the files, in
 * their order: the same files have the same hash wherever they are packed. Nothing is compressed,
 * since what a compressor makes differs from one release to the next, and weights hardly shrink.
 */
public final class ArchiveWriter implements AutoCloseable {

    /** Any fixed time would do; zip files have no zone, and cannot hold years before 1980. */
    private static final LocalDateTime SOME_TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private final ZipOutputStream zip;

    /** Writes to a stream, which is closed with the archive. */
    public ArchiveWriter(OutputStream target) {
        this.zip = new ZipOutputStream(target);
        zip.setLevel(Deflater.NO_COMPRESSION);
    }

    /**
     * Begins a file.
     *
     * @param name with slashes between folders
     */
    public void begin(String name) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(SOME_TIME);
        zip.putNextEntry(entry);
    }

    /** Adds to the file that was begun last. */
    public void write(byte[] bytes, int offset, int length) throws IOException {
        zip.write(bytes, offset, length);
    }

    /** Completes the archive. */
    @Override
    public void close() throws IOException {
        zip.close();
    }
}
