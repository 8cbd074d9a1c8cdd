package io.millrace.codec.json;

/**
 * Steps through the bytes of a JSON text. Each step gives the place behind what it took, or {@link
 * #NONE} when something else is there: whoever asked then leaves the text to Jackson.
 */
final class JsonBytes {

    /** Something else is there. */
    static final int NONE = -1;

    private JsonBytes() {}

    /** The first place from here on that holds no white space; may be the end. */
    static int skipSpace(byte[] json, int from) {
        int at = from;
        while (at < json.length && json[at] <= ' ' && isSpace(json[at])) {
            at++;
        }
        return at;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    static boolean isAt(byte[] json, int at, char token) {
        return at < json.length && json[at] == token;
    }

    /** Takes a token and the space after it. */
    static int take(byte[] json, int at, char token) {
        return isAt(json, at, token) ? skipSpace(json, at + 1) : NONE;
    }

    /** Takes a key that is spelled plainly, its colon and the space after it. */
    static int key(byte[] json, int at, String name) {
        int behind = at + name.length() + 1;
        if (!isAt(json, at, '"') || !isAt(json, behind, '"')) {
            return NONE;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isPlain(c) || json[at + 1 + i] != c) {
                return NONE;
            }
        }
        return take(json, skipSpace(json, behind + 1), ':');
    }

    /** Takes a text of plain ASCII; its inside ends before the place that is given. */
    static int text(byte[] json, int at) {
        if (!isAt(json, at, '"')) {
            return NONE;
        }
        for (int i = at + 1; i < json.length; i++) {
            if (json[i] == '"') {
                return i + 1;
            }
            if (json[i] < 0 || !isPlain((char) json[i])) {
                return NONE;
            }
        }
        return NONE;
    }

    /** Takes a bare word such as {@code true}. */
    static int word(byte[] json, int at, String word) {
        if (at + word.length() > json.length) {
            return NONE;
        }
        for (int i = 0; i < word.length(); i++) {
            if (json[at + i] != word.charAt(i)) {
                return NONE;
            }
        }
        return at + word.length();
    }

    /** Stands for itself in a JSON text and is one byte there. */
    static boolean isPlain(char c) {
        return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
    }
}
