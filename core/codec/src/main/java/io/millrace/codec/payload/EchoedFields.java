package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.MillraceException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * Copies fields of the input into the answer, as JSON, in the order in which the input has them. A
 * field that the input does not have is left out.
 */
final class EchoedFields {

    private static final int MAX_DEPTH = 64;

    private final byte[][] names;
    private final boolean isJson;
    private final boolean isValueOnly;
    private final MessagePackScanner pack = new MessagePackScanner();
    private final JsonScanner json = new JsonScanner();

    EchoedFields(List<String> fields, DecodeSpec.Format format) {
        this(fields, format, false);
    }

    private EchoedFields(List<String> fields, DecodeSpec.Format format, boolean isValueOnly) {
        this.isValueOnly = isValueOnly;
        this.names =
                fields.stream()
                        .map(name -> name.getBytes(StandardCharsets.UTF_8))
                        .toArray(byte[][]::new);
        this.isJson = format == DecodeSpec.Format.JSON;
    }

    /** Only the value of one field, nothing around it. */
    static EchoedFields ofValue(String field, DecodeSpec.Format format) {
        return new EchoedFields(List.of(field), format, true);
    }

    /**
     * Appends {@code "name":value,} for each field that is there.
     *
     * @return whether there was one
     */
    boolean append(byte[] payload, StringBuilder out) {
        if (names.length == 0) {
            return false;
        }
        int before = out.length();
        if (isJson) {
            appendFromJson(payload, out);
        } else {
            appendFromMessagePack(payload, out);
        }
        return out.length() > before;
    }

    private void appendFromJson(byte[] payload, StringBuilder out) {
        json.start(payload);
        if (!json.take('{') || json.peek() == '}') {
            return;
        }
        do {
            json.peek();
            int keyStart = json.position();
            json.readText();
            boolean isWanted = isJsonNameWanted();
            if (isWanted && !isValueOnly) {
                out.append(json.textSince(keyStart)).append(':');
            }
            json.expect(':');
            json.peek();
            int start = json.position();
            json.skip();
            if (isWanted) {
                out.append(json.textSince(start));
                if (isValueOnly) {
                    return;
                }
                out.append(',');
            }
        } while (json.take(','));
    }

    private boolean isJsonNameWanted() {
        for (byte[] name : names) {
            if (json.textIs(name)) {
                return true;
            }
        }
        return false;
    }

    private void appendFromMessagePack(byte[] payload, StringBuilder out) {
        pack.start(payload);
        long entries = pack.mapLength(pack.next());
        for (long i = 0; i < entries; i++) {
            int start = pack.position();
            int code = pack.next();
            long length = pack.textLength(code);
            if (length < 0 || !isNameWanted(length)) {
                pack.position(start);
                pack.skip();
                pack.skip();
                continue;
            }
            pack.position(start);
            if (isValueOnly) {
                pack.skip();
                appendValue(out, 0);
                return;
            }
            appendValue(out, 0);
            out.append(':');
            appendValue(out, 0);
            out.append(',');
        }
    }

    private boolean isNameWanted(long length) {
        int start = pack.position();
        for (byte[] name : names) {
            pack.position(start);
            if (pack.matches(name, length)) {
                return true;
            }
        }
        return false;
    }

    private void appendValue(StringBuilder out, int depth) {
        if (depth > MAX_DEPTH) {
            throw MillraceException.invalid("an echoed field nests deeper than " + MAX_DEPTH);
        }
        int start = pack.position();
        int code = pack.next();
        if (code < 0x80 || code >= 0xe0) {
            out.append((int) (byte) code);
            return;
        }
        long array = pack.arrayLength(code);
        if (array >= 0) {
            appendArray(out, array, depth);
            return;
        }
        long map = pack.mapLength(code);
        if (map >= 0) {
            appendMap(out, map, depth);
            return;
        }
        long text = pack.textLength(code);
        if (text >= 0) {
            JsonText.append(out, utf8(text));
            return;
        }
        appendScalar(out, code, start);
    }

    private void appendScalar(StringBuilder out, int code, int start) {
        switch (code) {
            case 0xc0 -> out.append("null");
            case 0xc2 -> out.append(false);
            case 0xc3 -> out.append(true);
            case 0xc4 -> appendBinary(out, pack.uint8());
            case 0xc5 -> appendBinary(out, pack.uint16());
            case 0xc6 -> appendBinary(out, pack.uint32());
            case 0xca -> {
                float value = pack.float32();
                checkFinite(value);
                out.append(value);
            }
            case 0xcb -> {
                double value = pack.float64();
                checkFinite(value);
                out.append(value);
            }
            case 0xcc -> out.append(pack.uint8());
            case 0xcd -> out.append(pack.uint16());
            case 0xce -> out.append(pack.uint32());
            case 0xcf -> out.append(Long.toUnsignedString(pack.int64()));
            case 0xd0 -> out.append(pack.int8());
            case 0xd1 -> out.append(pack.int16());
            case 0xd2 -> out.append(pack.int32());
            case 0xd3 -> out.append(pack.int64());
            default ->
                    throw MillraceException.invalid(
                            "an echoed field holds %s at byte %d, which JSON cannot say"
                                    .formatted(MessagePackScanner.kind(code), start));
        }
    }

    private void appendArray(StringBuilder out, long length, int depth) {
        out.append('[');
        for (long i = 0; i < length; i++) {
            out.append(i == 0 ? "" : ",");
            appendValue(out, depth + 1);
        }
        out.append(']');
    }

    private void appendMap(StringBuilder out, long entries, int depth) {
        out.append('{');
        for (long i = 0; i < entries; i++) {
            out.append(i == 0 ? "" : ",");
            int start = pack.position();
            if (pack.textLength(pack.next()) < 0) {
                throw MillraceException.invalid(
                        "an echoed field holds a map with a key that is not text, at byte "
                                + start);
            }
            pack.position(start);
            appendValue(out, depth + 1);
            out.append(':');
            appendValue(out, depth + 1);
        }
        out.append('}');
    }

    private void appendBinary(StringBuilder out, long length) {
        int start = pack.advance(length);
        ByteBuffer slice = ByteBuffer.wrap(pack.data(), start, (int) length);
        out.append('"')
                .append(StandardCharsets.ISO_8859_1.decode(Base64.getEncoder().encode(slice)))
                .append('"');
    }

    private CharSequence utf8(long length) {
        int start = pack.advance(length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(pack.data(), start, (int) length));
        } catch (CharacterCodingException _) {
            throw MillraceException.invalid(
                    "an echoed field holds text that is not UTF-8, at byte " + start);
        }
    }

    private static void checkFinite(double value) {
        if (!Double.isFinite(value)) {
            throw MillraceException.invalid(
                    "an echoed field holds " + value + ", which JSON cannot say");
        }
    }
}
