package io.millrace.sender;

import io.millrace.api.MillraceException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a NumPy array row by row. */
final class NpyReader implements AutoCloseable {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_HEADER = 1 << 16;
    private static final int MAX_ROW = 50 << 20;
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*'([<>|=])([a-zA-Z]\\d+)'");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, ]*)\\)");

    private final String name;
    private final InputStream in;
    private final NumberType type;
    private final boolean isSwapped;
    private final long rows;
    private final List<Integer> rowShape;
    private final int rowBytes;

    private NpyReader(String name, InputStream in, String header) {
        this.name = name;
        this.in = in;
        Matcher types = TYPE.matcher(header);
        Matcher shapes = SHAPE.matcher(header);
        if (!types.find() || !shapes.find()) {
            throw problem("its header names no type of numbers and shape: " + header.strip());
        }
        if (header.contains("'fortran_order': True")) {
            throw problem("it is in column-major order; save numpy.ascontiguousarray(…) of it");
        }
        this.type =
                typeOf(types.group(2))
                        .orElseThrow(() ->
                                problem(
                                        "its numbers are \""
                                                + types.group(2)
                                                + "\", which no reader of samples knows"));
        this.isSwapped = types.group(1).equals(">");
        List<Integer> shape = extents(shapes.group(1));
        if (shape.isEmpty()) {
            throw problem("it is a single number, not one row for each sample");
        }
        this.rows = shape.getFirst();
        this.rowShape = List.copyOf(shape.subList(1, shape.size()));
        long bytes = type.bytes();
        for (int extent : rowShape) {
            bytes = Math.min(bytes * extent, MAX_ROW + 1L);
        }
        if (bytes < 1 || bytes > MAX_ROW) {
            throw problem(
                    "a sample of shape %s is empty or larger than 50 MiB".formatted(rowShape));
        }
        this.rowBytes = (int) bytes;
    }

    /** Reads the header; takes the stream over, and closes it when the header is bad. */
    static NpyReader open(String name, InputStream in) throws IOException {
        try {
            return new NpyReader(name, in, header(name, in));
        } catch (IOException | RuntimeException e) {
            try (in) {
                throw e;
            }
        }
    }

    private static String header(String name, InputStream in) throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        if (start.length < MAGIC.length + 2
                || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw MillraceException.invalid(name + " is not an array that numpy.save wrote");
        }
        byte[] size = in.readNBytes(start[MAGIC.length] == 1 ? 2 : 4);
        long length = 0;
        for (int i = size.length - 1; i >= 0; i--) {
            length = (length << 8) | Byte.toUnsignedInt(size[i]);
        }
        if (length > MAX_HEADER) {
            throw MillraceException.invalid(name + ": its header claims " + length + " bytes");
        }
        return new String(in.readNBytes((int) length), StandardCharsets.ISO_8859_1);
    }

    private static Optional<NumberType> typeOf(String code) {
        return switch (code) {
            case "b1" -> Optional.of(NumberType.BOOL);
            case "i1" -> Optional.of(NumberType.INT8);
            case "i2" -> Optional.of(NumberType.INT16);
            case "i4" -> Optional.of(NumberType.INT32);
            case "i8" -> Optional.of(NumberType.INT64);
            case "u1" -> Optional.of(NumberType.UINT8);
            case "u2" -> Optional.of(NumberType.UINT16);
            case "u4" -> Optional.of(NumberType.UINT32);
            case "u8" -> Optional.of(NumberType.UINT64);
            case "f2" -> Optional.of(NumberType.FLOAT16);
            case "f4" -> Optional.of(NumberType.FLOAT32);
            case "f8" -> Optional.of(NumberType.FLOAT64);
            default -> Optional.empty();
        };
    }

    private List<Integer> extents(String text) {
        var extents = new ArrayList<Integer>();
        for (String part : text.split(",", -1)) {
            if (!part.isBlank()) {
                try {
                    extents.add(Integer.parseInt(part.strip()));
                } catch (NumberFormatException e) {
                    throw problem("its extent " + part.strip() + " is too large");
                }
            }
        }
        return extents;
    }

    NumberType type() {
        return type;
    }

    long rows() {
        return rows;
    }

    List<Integer> rowShape() {
        return rowShape;
    }

    /** The next row, little-endian. */
    byte[] row() throws IOException {
        byte[] row = in.readNBytes(rowBytes);
        if (row.length < rowBytes) {
            throw new EOFException(name + " ends before the last of its " + rows + " rows");
        }
        if (isSwapped) {
            swap(row);
        }
        return row;
    }

    private void swap(byte[] row) {
        int width = type.bytes();
        for (int start = 0; start < row.length; start += width) {
            for (int i = 0; i < width / 2; i++) {
                byte kept = row[start + i];
                row[start + i] = row[start + width - 1 - i];
                row[start + width - 1 - i] = kept;
            }
        }
    }

    private MillraceException problem(String what) {
        return MillraceException.invalid(name + ": " + what);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
