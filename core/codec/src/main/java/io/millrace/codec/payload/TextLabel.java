package io.millrace.codec.payload;

import io.millrace.api.DecodeSpec;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** Labels that are the names of classes. */
public final class TextLabel {

    private static final int MOST_BYTES = 4096;

    private final DecodeSpec decode;
    private final CsvColumns columns = new CsvColumns();

    /**
     * The reader of labels of type string.
     *
     * @throws MillraceException {@code INVALID} or {@code UNSUPPORTED} when there are none of this
     *     declaration
     */
    public TextLabel(DecodeSpec decode) {
        this.decode = decode;
        boolean isKnown =
                switch (decode.format()) {
                    case RAW -> true;
                    case CSV, JSON -> decode.fields().size() <= 1;
                    case MSGPACK, AVRO, IMAGE, NPY -> false;
                };
        if (!isKnown) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "labels of type string: expected the whole of a raw payload, one column of csv or one field of json");
        }
    }

    /**
     * Reads one.
     *
     * @throws MillraceException {@code INVALID}, with what was expected and what came
     */
    public String read(byte[] payload) {
        String text =
                switch (decode.format()) {
                    case CSV -> column(payload);
                    case JSON -> field(payload);
                    default -> utf8(payload, 0, payload.length);
                };
        if (text.isEmpty()) {
            throw MillraceException.invalid("label: expected the name of a class, got nothing");
        }
        return text;
    }

    private String column(byte[] payload) {
        int wanted = decode.fields().isEmpty() ? 0 : CsvDecoder.column(decode.fields().getFirst());
        columns.start(payload);
        while (columns.advance()) {
            if (columns.index() == wanted) {
                return utf8(payload, columns.startOfText(), columns.lengthOfText())
                        .strip()
                        .replace("\"\"", "\"");
            }
        }
        throw MillraceException.invalid(
                "label: expected at least %d columns, got %d"
                        .formatted(wanted + 1, columns.index() + 1));
    }

    private String field(byte[] payload) {
        JsonNode tree =
                PayloadTree.ofJson(payload)
                        .orElseThrow(() -> MillraceException.invalid("label: expected JSON"));
        for (String name : decode.fields()) {
            tree = tree.path(name);
        }
        if (tree.isString()) {
            return tree.stringValue();
        }
        if (tree.isNumber() || tree.isBoolean()) {
            return tree.toString();
        }
        throw MillraceException.invalid(
                "label: expected text in %s, got none"
                        .formatted(
                                decode.fields().isEmpty()
                                        ? "the JSON"
                                        : "the field '" + decode.fields().getFirst() + "'"));
    }

    private static String utf8(byte[] bytes, int start, int length) {
        if (length > MOST_BYTES) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "label: a text of %d bytes; at most %d are taken"
                            .formatted(length, MOST_BYTES));
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, start, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MillraceException(ErrorCode.INVALID, "label: expected text in UTF-8", e);
        }
    }
}
