package io.millrace.codec.archive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** The archive of a single file as a stream, made while it is read; holds a chunk at a time. */
public final class ArchivedFile extends InputStream {

    private static final int CHUNK = 1 << 16;

    private final InputStream content;
    private final ByteArrayOutputStream made = new ByteArrayOutputStream(CHUNK + 1024);
    private final ArchiveWriter archive = new ArchiveWriter(made);
    private final byte[] chunk = new byte[CHUNK];
    private byte[] ready = new byte[0];
    private int position;
    private boolean hasBegun;
    private boolean isComplete;
    private final String name;

    /**
     * The archive of a file.
     *
     * @param name of the file in the archive
     * @param content of the file; closed with this stream
     */
    public ArchivedFile(String name, InputStream content) {
        this.name = name;
        this.content = content;
    }

    @Override
    public int read() throws IOException {
        return fill() ? ready[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, ready.length - position);
        System.arraycopy(ready, position, target, offset, count);
        position += count;
        return count;
    }

    /** Has at least one byte ready, unless there are no more. */
    private boolean fill() throws IOException {
        while (position == ready.length && !isComplete) {
            if (!hasBegun) {
                hasBegun = true;
                archive.begin(name);
            }
            int count = content.read(chunk, 0, CHUNK);
            if (count < 0) {
                archive.close();
                isComplete = true;
            } else {
                archive.write(chunk, 0, count);
            }
            ready = made.toByteArray();
            made.reset();
            position = 0;
        }
        return position < ready.length;
    }

    @Override
    public void close() throws IOException {
        content.close();
    }
}
