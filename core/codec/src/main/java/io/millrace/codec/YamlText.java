package io.millrace.codec;

import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import io.millrace.codec.Node.ScalarType;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A tree as YAML for people: blocks, plain texts where no YAML reader could take them for anything
 * else, several lines as a literal block, everything else quoted as in JSON.
 */
final class YamlText {

    private static final Pattern PLAIN =
            Pattern.compile(
                    "[A-Za-z_/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*|[0-9]+(ms|s|m|h|Ki|Mi|Gi)");
    private static final Pattern LITERAL =
            Pattern.compile(
                    "\\S[^\\p{Cntrl}\\u0085\\u2028\\u2029\\uFEFF]*(\\n[^\\p{Cntrl}\\u0085\\u2028\\u2029\\uFEFF]*)*\\n");
    private static final Set<String> WORDS =
            Set.of("true", "false", "yes", "no", "on", "off", "y", "n", "null");

    private final StringBuilder out = new StringBuilder();

    private YamlText() {}

    static String of(MapNode document) {
        var text = new YamlText();
        if (document.entries().isEmpty()) {
            return "{}\n";
        }
        text.map(document, 0, false);
        return text.out.toString();
    }

    private void map(MapNode map, int indent, boolean inLine) {
        boolean first = inLine;
        for (Node.Entry entry : map.entries()) {
            if (!first) {
                out.append(" ".repeat(indent));
            }
            first = false;
            out.append(scalar(entry.key())).append(':');
            value(entry.value(), indent);
        }
    }

    private void value(Node node, int indent) {
        switch (node) {
            case MapNode map when !map.entries().isEmpty() -> {
                out.append('\n');
                map(map, indent + 2, false);
            }
            case ListNode list when !list.items().isEmpty() -> {
                out.append('\n');
                list(list, indent + 2);
            }
            case ScalarNode scalar when isLiteral(scalar) -> literal(scalar.text(), indent + 2);
            default -> out.append(' ').append(inLine(node)).append('\n');
        }
    }

    private void list(ListNode list, int indent) {
        for (Node item : list.items()) {
            out.append(" ".repeat(indent)).append('-');
            if (item instanceof MapNode map && !map.entries().isEmpty()) {
                out.append(' ');
                map(map, indent + 2, true);
            } else {
                value(item, indent);
            }
        }
    }

    private void literal(String text, int indent) {
        out.append(" |\n");
        for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
            if (!line.isEmpty()) {
                out.append(" ".repeat(indent)).append(line);
            }
            out.append('\n');
        }
    }

    /** Several lines that end in exactly one line break and hold nothing that YAML would change. */
    private static boolean isLiteral(ScalarNode scalar) {
        String text = scalar.text();
        return scalar.type() == ScalarType.TEXT
                && text.indexOf('\n') >= 0
                && !text.endsWith("\n\n")
                && isPrintable(text)
                && LITERAL.matcher(text).matches();
    }

    private static boolean isPrintable(String text) {
        return text.chars()
                .noneMatch(c -> Character.isSurrogate((char) c) || c == 0xFFFE || c == 0xFFFF);
    }

    private static String inLine(Node node) {
        return switch (node) {
            case MapNode _ -> "{}";
            case ListNode _ -> "[]";
            case ScalarNode scalar ->
                    switch (scalar.type()) {
                        case TEXT -> scalar(scalar.text());
                        case INTEGER, DECIMAL, BOOLEAN -> scalar.text();
                        case NULL -> "null";
                    };
        };
    }

    private static String scalar(String text) {
        boolean plain =
                text.length() < 200
                        && PLAIN.matcher(text).matches()
                        && !WORDS.contains(text.toLowerCase(Locale.ROOT));
        return plain ? text : JsonText.of(Node.text(text));
    }
}
