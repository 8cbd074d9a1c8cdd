package io.millrace.training.samples;

import io.millrace.codec.payload.NpyHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An array on disk, read whole. */
record Npy(NpyHeader header, ByteBuffer values) {

    static Npy read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        NpyHeader header = NpyHeader.parse(bytes);
        ByteBuffer values =
                ByteBuffer.wrap(bytes, header.length(), bytes.length - header.length())
                        .slice()
                        .order(ByteOrder.LITTLE_ENDIAN);
        return new Npy(header, values);
    }

    /** The rows of an index file. */
    static List<Long> rows(Path file) throws IOException {
        ByteBuffer values = read(file).values();
        var rows = new ArrayList<Long>();
        while (values.hasRemaining()) {
            rows.add(values.getLong());
        }
        return rows;
    }
}
