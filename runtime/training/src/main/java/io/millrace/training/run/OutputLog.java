package io.millrace.training.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** What trainers print: the newest part is kept, however much it is. */
final class OutputLog {

    static final int SHOWN = 64 << 10;
    private static final long LARGEST = 512 << 10;

    private final Path file;

    OutputLog(Path file) {
        this.file = file;
    }

    private Path older() {
        return file.resolveSibling(file.getFileName() + ".1");
    }

    /** Reads until the stream ends. */
    void drain(InputStream stream) throws IOException {
        byte[] buffer = new byte[16 << 10];
        FileChannel channel = open();
        try {
            int count;
            while ((count = stream.read(buffer)) >= 0) {
                if (channel.size() + count > LARGEST) {
                    channel.close();
                    Files.move(file, older(), StandardCopyOption.REPLACE_EXISTING);
                    channel = open();
                }
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        } finally {
            channel.close();
        }
    }

    /** The end of it. */
    String tail() throws IOException {
        byte[] newest = end(file, SHOWN);
        byte[] before = newest.length < SHOWN ? end(older(), SHOWN - newest.length) : new byte[0];
        return new String(before, StandardCharsets.UTF_8)
                + new String(newest, StandardCharsets.UTF_8);
    }

    private static byte[] end(Path file, int count) throws IOException {
        if (!Files.exists(file)) {
            return new byte[0];
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long from = Math.max(0, channel.size() - count);
            ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
            int read = 0;
            while (bytes.hasRemaining() && read >= 0) {
                read = channel.read(bytes, from + bytes.position());
            }
            byte[] end = new byte[bytes.position()];
            bytes.flip().get(end);
            return end;
        }
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
