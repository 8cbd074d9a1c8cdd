package io.millrace.cli.demo;

import io.millrace.api.MillraceException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * A gzipped IDX file of unsigned bytes, the format in which MNIST and its relatives are published:
 * two zero bytes, the type, the number of dimensions, each length as a big-endian integer, the
 * bytes.
 *
 * @param lengths of the dimensions, the first one counts items
 * @param bytes all items, one after another
 */
record IdxFile(int[] lengths, byte[] bytes) {

    private static final int UNSIGNED_BYTE = 8;
    private static final int MAX_BYTES = 1 << 30;

    static IdxFile read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return read(file.getFileName().toString(), in);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    static IdxFile read(String name, InputStream gzipped) throws IOException {
        try (var in = new DataInputStream(new GZIPInputStream(gzipped))) {
            int magic = in.readInt();
            int dimensions = magic & 0xff;
            if (magic >>> 8 != UNSIGNED_BYTE || dimensions == 0) {
                throw MillraceException.invalid(name + " is not an IDX file of unsigned bytes");
            }
            int[] lengths = new int[dimensions];
            long total = 1;
            for (int i = 0; i < dimensions; i++) {
                lengths[i] = in.readInt();
                total = lengths[i] < 0 ? MAX_BYTES + 1L : total * lengths[i];
                if (total > MAX_BYTES) {
                    throw MillraceException.invalid(
                            name + " has impossible dimensions " + Arrays.toString(lengths));
                }
            }
            byte[] bytes = in.readNBytes((int) total);
            if (bytes.length < total || in.read() >= 0) {
                throw MillraceException.invalid(
                        name + " does not hold what its header says: " + Arrays.toString(lengths));
            }
            return new IdxFile(lengths, bytes);
        } catch (EOFException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID, name + " ends too early", e);
        }
    }

    /** How many items there are. */
    int count() {
        return lengths[0];
    }

    /** One item. */
    byte[] item(int index) {
        int size = bytes.length / Math.max(1, count());
        return Arrays.copyOfRange(bytes, index * size, (index + 1) * size);
    }
}
