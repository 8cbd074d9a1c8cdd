package io.millrace.codec;

import io.millrace.api.MillraceException;
import io.millrace.codec.Node.ListNode;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.Node.ScalarNode;
import io.millrace.codec.training.PythonLiterals;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Arguments for {@code fit} and {@code evaluate}: a map, or a text such as {@code epochs=5,
 * shuffle=True}. A text in a map that is a literal of Python stays as it is, any other is quoted.
 */
final class PythonArguments {

    private PythonArguments() {}

    /** Reads them into literals by name. */
    static Map<String, String> read(Value value) {
        if (value.node() instanceof ScalarNode && value.isPresent()) {
            try {
                return PythonLiterals.arguments(value.text());
            } catch (MillraceException e) {
                value.problem(e.text());
                return Map.of();
            }
        }
        var arguments = new LinkedHashMap<String, String>();
        value.map()
                .forEach((name, each) -> {
                    if (!PythonLiterals.isName(name)) {
                        each.problem(
                                "'%s' cannot be the name of an argument: expected a word of letters, digits and _"
                                        .formatted(DocumentParser.shorten(name)));
                    }
                    arguments.put(name, argument(each));
                });
        return arguments;
    }

    private static String argument(Value value) {
        String literal = literal(value.node(), value);
        if (literal.length() > PythonLiterals.MAX_LENGTH) {
            value.problem(
                    "%d characters as a literal of Python: at most %d are taken"
                            .formatted(literal.length(), PythonLiterals.MAX_LENGTH));
        }
        return literal;
    }

    private static String literal(Node node, Value place) {
        return switch (node) {
            case ScalarNode scalar -> literal(scalar, place);
            case ListNode list -> {
                List<String> items =
                        list.items().stream().map(item -> literal(item, place)).toList();
                yield "[" + String.join(", ", items) + "]";
            }
            case MapNode map -> {
                var entries = new ArrayList<String>();
                for (Node.Entry entry : map.entries()) {
                    entries.add(
                            PythonLiterals.quoted(entry.key())
                                    + ": "
                                    + literal(entry.value(), place));
                }
                yield "{" + String.join(", ", entries) + "}";
            }
        };
    }

    private static String literal(ScalarNode scalar, Value place) {
        return switch (scalar.type()) {
            case NULL -> "None";
            case BOOLEAN -> scalar.text().equals("true") ? "True" : "False";
            case INTEGER, DECIMAL -> number(scalar.text(), place);
            case TEXT ->
                    PythonLiterals.isLiteral(scalar.text())
                            ? scalar.text().strip()
                            : PythonLiterals.quoted(scalar.text());
        };
    }

    private static String number(String text, Value place) {
        if (!PythonLiterals.isLiteral(text)) {
            place.problem(
                    "the number %s has no literal in Python"
                            .formatted(DocumentParser.shorten(text)));
        }
        return text;
    }
}
