package io.millrace.objects.sink;

import io.millrace.codec.payload.AnswerRow;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How the answers of a batch stand in one object. */
enum BatchLayout {
    /** A JSON object a line. */
    JSON("application/x-ndjson") {
        @Override
        byte[] write(List<Map<String, String>> rows) {
            var out = new StringBuilder();
            for (Map<String, String> row : rows) {
                AnswerRow.append(out, row);
                out.append('\n');
            }
            return out.toString().getBytes(StandardCharsets.UTF_8);
        }
    },
    /** As RFC 4180 has it, with a line of names: of all fields that any answer has. */
    CSV("text/csv; charset=utf-8") {
        @Override
        byte[] write(List<Map<String, String>> rows) {
            Set<String> names = new LinkedHashSet<>();
            rows.forEach(row -> names.addAll(row.keySet()));
            var out = new StringBuilder();
            appendLine(out, names.stream().toList());
            for (Map<String, String> row : rows) {
                appendLine(
                        out,
                        names.stream()
                                .map(name -> AnswerRow.plain(row.getOrDefault(name, "null")))
                                .toList());
            }
            return out.toString().getBytes(StandardCharsets.UTF_8);
        }
    };

    private final String contentType;

    BatchLayout(String contentType) {
        this.contentType = contentType;
    }

    String contentType() {
        return contentType;
    }

    /** The object with these rows: names of fields, and values as JSON. */
    abstract byte[] write(List<Map<String, String>> rows);

    private static void appendLine(StringBuilder out, List<String> cells) {
        for (int i = 0; i < cells.size(); i++) {
            if (i > 0) {
                out.append(',');
            }
            String cell = cells.get(i);
            boolean isPlain =
                    cell.indexOf(',') < 0
                            && cell.indexOf('"') < 0
                            && cell.indexOf('\n') < 0
                            && cell.indexOf('\r') < 0;
            if (isPlain) {
                out.append(cell);
            } else {
                out.append('"').append(cell.replace("\"", "\"\"")).append('"');
            }
        }
        out.append("\r\n");
    }
}
