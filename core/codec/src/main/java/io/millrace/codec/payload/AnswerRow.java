package io.millrace.codec.payload;

import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer among others in one object: its fields in their order, each as JSON without line
 * breaks. An answer that is JSON and no object has one field, {@code answer}.
 */
public final class AnswerRow {

    private static final String WHOLE = "answer";

    private final Map<String, String> fields = new LinkedHashMap<>();

    private AnswerRow() {}

    /**
     * Reads an answer.
     *
     * @throws MillraceException {@code INVALID} when it is not JSON
     */
    public static AnswerRow of(byte[] answer) {
        var row = new AnswerRow();
        var scanner = new JsonScanner();
        scanner.start(answer);
        try {
            row.read(scanner);
        } catch (MillraceException e) {
            throw MillraceException.invalid("expected a JSON answer, but it is none: " + e.text());
        }
        return row;
    }

    private void read(JsonScanner scanner) {
        if (scanner.peek() == '{') {
            readFields(scanner);
        } else {
            fields.put(WHOLE, value(scanner));
        }
        if (scanner.peek() >= 0) {
            throw scanner.unexpected("the end of the answer");
        }
    }

    private void readFields(JsonScanner scanner) {
        scanner.expect('{');
        if (scanner.take('}')) {
            return;
        }
        do {
            scanner.readText();
            String name = scanner.unescaped();
            scanner.expect(':');
            fields.put(name, value(scanner));
        } while (scanner.take(','));
        scanner.expect('}');
    }

    private static String value(JsonScanner scanner) {
        var _ = scanner.peek();
        int start = scanner.position();
        scanner.skip();
        return compact(scanner.textSince(start));
    }

    /** Without the space that JSON allows between its pieces. */
    private static String compact(String json) {
        var out = new StringBuilder(json.length());
        boolean isQuoted = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (isQuoted && c == '\\') {
                out.append(c).append(json.charAt(++i));
                continue;
            }
            if (c == '"') {
                isQuoted = !isQuoted;
            }
            if (isQuoted || (c != ' ' && c != '\n' && c != '\r' && c != '\t')) {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** Puts a text before the answer's own fields, which win. */
    public static void putText(Map<String, String> row, String name, String text) {
        var json = new StringBuilder(text.length() + 2);
        JsonText.append(json, text);
        row.put(name, json.toString());
    }

    /** The fields in their order: names, and values as JSON. */
    public Map<String, String> fields() {
        return fields;
    }

    /** Appends fields as a JSON object without line breaks. */
    public static void append(StringBuilder out, Map<String, String> row) {
        out.append('{');
        boolean isFirst = true;
        for (var field : row.entrySet()) {
            if (!isFirst) {
                out.append(',');
            }
            isFirst = false;
            JsonText.append(out, field.getKey());
            out.append(':').append(field.getValue());
        }
        out.append('}');
    }

    /** A value as a person reads it: texts without quotes, null as nothing. */
    public static String plain(String json) {
        if (json.equals("null")) {
            return "";
        }
        if (!json.startsWith("\"")) {
            return json;
        }
        var scanner = new JsonScanner();
        scanner.start(json.getBytes(StandardCharsets.UTF_8));
        scanner.readText();
        return scanner.unescaped();
    }
}
