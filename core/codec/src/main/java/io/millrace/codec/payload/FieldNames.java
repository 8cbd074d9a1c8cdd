package io.millrace.codec.payload;

import java.nio.charset.StandardCharsets;

/** Names from payloads as messages may show them: short, and nothing that is not printable. */
final class FieldNames {

    private static final int MAX_SHOWN = 40;

    private FieldNames() {}

    static String shown(byte[] data, int start, int length) {
        String text = new String(data, start, Math.min(length, MAX_SHOWN), StandardCharsets.UTF_8);
        var out = new StringBuilder("'");
        text.codePoints().forEach(c -> out.appendCodePoint(c < 0x20 || c > 0x7e ? '?' : c));
        return out.append(length > MAX_SHOWN ? "…'" : "'").toString();
    }
}
