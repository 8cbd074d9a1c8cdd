package io.millrace.codec.payload;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands before the numbers of a NumPy array.
 *
 * @param type of the numbers
 * @param shape of the array
 * @param length how many bytes it takes, from the first byte of the payload on
 */
public record NpyHeader(DataType type, Shape shape, int length) {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MOST = 64 << 10;
    private static final int ALIGNMENT = 64;
    private static final Pattern DESCR =
            Pattern.compile("['\"]descr['\"]\\s*:\\s*['\"]([^'\"]*)['\"]");
    private static final Pattern ORDER =
            Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
    private static final Pattern SHAPE =
            Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([0-9,\\s]*)\\)");
    private static final Map<String, DataType> TYPES =
            Map.ofEntries(
                    Map.entry("b1", DataType.BOOL),
                    Map.entry("u1", DataType.UINT8),
                    Map.entry("u2", DataType.UINT16),
                    Map.entry("u4", DataType.UINT32),
                    Map.entry("u8", DataType.UINT64),
                    Map.entry("i1", DataType.INT8),
                    Map.entry("i2", DataType.INT16),
                    Map.entry("i4", DataType.INT32),
                    Map.entry("i8", DataType.INT64),
                    Map.entry("f2", DataType.FP16),
                    Map.entry("f4", DataType.FP32),
                    Map.entry("f8", DataType.FP64));

    /**
     * Reads the header of an array.
     *
     * @throws MillraceException {@code INVALID} when there is none, {@code UNSUPPORTED} for arrays
     *     of other types or orders
     */
    public static NpyHeader parse(byte[] payload) {
        int prefix = prefixLength(payload);
        int length = headerLength(payload, prefix);
        String text = new String(payload, prefix, length - prefix, StandardCharsets.ISO_8859_1);
        String descr = find(DESCR, text, "descr");
        Shape shape = shape(find(SHAPE, text, "shape"));
        boolean isFortran = find(ORDER, text, "fortran_order").equals("True");
        if (isFortran && shape.rank() > 1) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the NumPy array is in Fortran order; expected C order, as"
                            + " numpy.ascontiguousarray makes it");
        }
        return new NpyHeader(type(descr), shape, length);
    }

    private static int prefixLength(byte[] payload) {
        boolean isArray = payload.length > MAGIC.length + 4;
        for (int i = 0; isArray && i < MAGIC.length; i++) {
            isArray = payload[i] == MAGIC[i];
        }
        if (!isArray) {
            throw MillraceException.invalid(
                    "payload: expected a NumPy array, as numpy.save writes it, got %d other bytes"
                            .formatted(payload.length));
        }
        return payload[MAGIC.length] == 1 ? 10 : 12;
    }

    private static int headerLength(byte[] payload, int prefix) {
        int version = payload[MAGIC.length];
        if (version < 1 || version > 3 || payload.length < prefix) {
            throw MillraceException.invalid(
                    "the NumPy array: expected version 1 to 3 of its header, got " + version);
        }
        long declared =
                version == 1
                        ? (short) ElementWriter.INT16.get(payload, 8) & 0xffff
                        : (int) ElementWriter.INT32.get(payload, 8) & 0xffff_ffffL;
        if (declared > MOST || prefix + declared > payload.length) {
            throw MillraceException.invalid(
                    "the NumPy array: a header of %d bytes in a payload of %d"
                            .formatted(declared, payload.length));
        }
        return (int) (prefix + declared);
    }

    private static String find(Pattern pattern, String header, String name) {
        Matcher found = pattern.matcher(header);
        if (!found.find()) {
            throw MillraceException.invalid(
                    "the NumPy array: no '%s' is found in its header".formatted(name));
        }
        return found.group(1);
    }

    private static Shape shape(String text) {
        List<String> parts = List.of(text.replaceAll("\\s", "").split(",", -1));
        try {
            long[] extents =
                    parts.stream()
                            .filter(part -> !part.isEmpty())
                            .mapToLong(Long::parseLong)
                            .toArray();
            if (extents.length <= ItemLayout.MAX_RANK) {
                return Shape.of(extents);
            }
        } catch (NumberFormatException _) {
            // the same answer as for too many of them
        }
        throw MillraceException.invalid("the NumPy array: no shape is (%s)".formatted(text));
    }

    private static DataType type(String descr) {
        boolean isSwapped = descr.startsWith(">") && !descr.endsWith("1");
        DataType type = descr.length() == 3 && !isSwapped ? TYPES.get(descr.substring(1)) : null;
        if (type == null) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "the NumPy array is of type '%s'; expected little-endian numbers such as '<f4' or '|u1'"
                            .formatted(descr));
        }
        return type;
    }

    /** What NumPy calls a type; empty for those that it does not have. */
    public static Optional<String> descr(DataType type) {
        for (var entry : TYPES.entrySet()) {
            if (entry.getValue() == type) {
                return Optional.of((type.bytes() == 1 ? "|" : "<") + entry.getKey());
            }
        }
        return Optional.empty();
    }

    /**
     * The header of an array.
     *
     * @param least how many bytes it takes at least, so that it can be written again with a longer
     *     shape
     */
    public static byte[] write(DataType type, Shape shape, int least) {
        var extents = new StringBuilder();
        for (int axis = 0; axis < shape.rank(); axis++) {
            extents.append(shape.extent(axis))
                    .append(axis == 0 || axis + 1 < shape.rank() ? "," : "");
        }
        String descr =
                descr(type)
                        .orElseThrow(() ->
                                MillraceException.internal(
                                        "NumPy has no type " + type.plainName(), null));
        String fields =
                "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
                        .formatted(descr, extents);
        int prefix = MAGIC.length + 4;
        int bytes = Math.max(least, prefix + fields.length() + 1);
        int padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        String text = fields + " ".repeat(padded - prefix - fields.length() - 1) + "\n";
        byte[] header = new byte[padded];
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        header[MAGIC.length] = 1;
        ElementWriter.INT16.set(header, 8, (short) (padded - prefix));
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, header, prefix, ascii.length);
        return header;
    }
}
