package io.millrace.cli;

import io.millrace.cli.Terminal.Style;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Prints where two specs differ: a line for each path, and lines of text for text of many lines.
 */
final class SpecDiff {

    private static final String INDENT = "    ";

    private final Terminal terminal;
    private boolean different;

    SpecDiff(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Prints a spec that is not there yet. */
    void printNew(JsonNode after) {
        if (after.isObject()) {
            for (var field : after.properties()) {
                line(Style.GREEN, "+ " + field.getKey() + ": " + shown(field.getValue()));
            }
        }
    }

    /** Prints the differences and answers whether there are any. */
    boolean print(JsonNode before, JsonNode after) {
        compare("spec", before, after);
        return different;
    }

    private void compare(String path, JsonNode before, JsonNode after) {
        if (before.equals(after)) {
            return;
        }
        different = true;
        if (before.isObject() && after.isObject()) {
            Set<String> names = new LinkedHashSet<>(before.propertyNames());
            names.addAll(after.propertyNames());
            for (String name : names) {
                compare(path + "." + name, before.path(name), after.path(name));
            }
        } else if (before.isArray() && after.isArray()) {
            for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
                compare(path + "[" + i + "]", before.path(i), after.path(i));
            }
        } else if (isLongText(before) || isLongText(after)) {
            line(Style.BOLD, path + ":");
            compareLines(before.asString("").lines().toList(), after.asString("").lines().toList());
        } else if (before.isMissingNode()) {
            line(Style.GREEN, "+ " + path + ": " + shown(after));
        } else if (after.isMissingNode()) {
            line(Style.RED, "- " + path + ": " + shown(before));
        } else {
            terminal.out()
                    .println(
                            INDENT
                                    + path
                                    + ": "
                                    + terminal.styled(Style.RED, shown(before))
                                    + " → "
                                    + terminal.styled(Style.GREEN, shown(after)));
        }
    }

    private static boolean isLongText(JsonNode node) {
        return node.isString() && node.asString().indexOf('\n') >= 0;
    }

    /** The common lines at both ends are left out; what is between is shown as it was and is. */
    private void compareLines(List<String> before, List<String> after) {
        int shorter = Math.min(before.size(), after.size());
        int start = 0;
        while (start < shorter && before.get(start).equals(after.get(start))) {
            start++;
        }
        int end = 0;
        while (end < shorter - start
                && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
            end++;
        }
        line(Style.CYAN, "  line " + (start + 1));
        before.subList(start, before.size() - end)
                .forEach(text -> line(Style.RED, "  - " + Terminal.printable(text)));
        after.subList(start, after.size() - end)
                .forEach(text -> line(Style.GREEN, "  + " + Terminal.printable(text)));
    }

    private void line(Style style, String text) {
        terminal.out().println(INDENT + terminal.styled(style, text));
    }

    private static String shown(JsonNode node) {
        if (isLongText(node)) {
            return "(" + node.asString().lines().count() + " lines)";
        }
        return node.isObject() && node.path("inline").isString()
                ? node.path("file").asString("inline") + " " + shown(node.path("inline"))
                : Documents.compactJson(node);
    }
}
