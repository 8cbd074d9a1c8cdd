package io.millrace.codec.payload;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A payload for people: JSON as it is, MessagePack as JSON, text as text, anything else as its
 * first bytes. What it is, is guessed from the bytes alone.
 *
 * @param form what it was taken for
 * @param text how it reads
 * @param size how many bytes the payload has
 */
public record PayloadText(Form form, String text, int size) {

    private static final int HEX_BYTES = 24;
    private static final HexFormat HEX = HexFormat.of();

    /** What a payload was taken for. */
    public enum Form {
        JSON("json"),
        MESSAGE_PACK("msgpack"),
        TEXT("text"),
        BINARY("binary");

        private final String label;

        Form(String label) {
            this.label = label;
        }

        /** In lower case, as in declarations. */
        public String label() {
            return label;
        }
    }

    /** Reads a whole payload. */
    public static PayloadText of(byte[] payload) {
        return of(payload, payload.length);
    }

    /**
     * Reads what is known of a payload.
     *
     * @param start its first bytes
     * @param size how many it has in all
     */
    public static PayloadText of(byte[] start, int size) {
        if (start.length < size) {
            return ofStart(start, size);
        }
        if (PayloadTree.isMessagePackLikely(start)) {
            Optional<JsonNode> tree = PayloadTree.ofMessagePack(start);
            if (tree.isPresent()) {
                return new PayloadText(Form.MESSAGE_PACK, tree.get().toString(), size);
            }
        }
        Optional<String> text = textOf(start);
        if (text.isEmpty()) {
            return new PayloadText(Form.BINARY, hex(start, size), size);
        }
        Form form = PayloadTree.ofJson(start).isPresent() ? Form.JSON : Form.TEXT;
        return new PayloadText(form, text.get(), size);
    }

    /** Without its end, a payload is text or it is not; the last character may be cut in two. */
    private static PayloadText ofStart(byte[] start, int size) {
        for (int cut = 0; cut < 4 && cut < start.length; cut++) {
            Optional<String> text = textOf(java.util.Arrays.copyOf(start, start.length - cut));
            if (text.isPresent()) {
                return new PayloadText(
                        Form.TEXT, text.get() + "… (%d bytes)".formatted(size), size);
            }
        }
        return new PayloadText(Form.BINARY, hex(start, size), size);
    }

    /** The bytes as text, unless they hold what no text does. */
    private static Optional<String> textOf(byte[] bytes) {
        for (byte b : bytes) {
            if (b >= 0 && b < 0x20 && b != '\n' && b != '\r' && b != '\t') {
                return Optional.empty();
            }
        }
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /** The first bytes and the size, as in {@code 00ff1c… (784 bytes)}. */
    static String hex(byte[] bytes, int size) {
        int shown = Math.min(bytes.length, HEX_BYTES);
        return HEX.formatHex(bytes, 0, shown)
                + (shown < size ? "…" : "")
                + " (%d byte%s)".formatted(size, size == 1 ? "" : "s");
    }
}
