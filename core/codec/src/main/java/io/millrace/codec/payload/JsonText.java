package io.millrace.codec.payload;

/** Text as JSON writes it. */
final class JsonText {

    private static final String HEX = "0123456789abcdef";

    private JsonText() {}

    static void append(StringBuilder out, CharSequence text) {
        out.append('"');
        appendInside(out, text);
        out.append('"');
    }

    /** What stands between the quotes. */
    static void appendInside(StringBuilder out, CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
    }
}
