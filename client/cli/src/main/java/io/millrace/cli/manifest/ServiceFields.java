package io.millrace.cli.manifest;

import io.millrace.client.Problem;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Reads the fields of a service's configuration and notes what is wrong with them. */
final class ServiceFields {

    /** {@code <server_ip>}: the published files hold such where a value belongs. */
    private static final Pattern PLACEHOLDER = Pattern.compile("<[^<>]*>");

    private final ManifestDocument document;
    private final List<Problem> problems;

    ServiceFields(ManifestDocument document, List<Problem> problems) {
        this.document = document;
        this.problems = problems;
    }

    /** A text that must be there and must not be empty. */
    String text(String pointer, String what) {
        JsonNode node = document.tree().at(pointer);
        if (node.isMissingNode() || node.isNull()) {
            problem(pointer, "missing '" + pointer.substring(1).replace('/', '.') + "', " + what);
            return "";
        }
        if (isPlaceholder(pointer, node, what)) {
            return "";
        }
        if (!node.isString() || node.asString().isBlank()) {
            problem(pointer, "expected " + what + " as text, got " + node);
            return "";
        }
        return node.asString();
    }

    /** A whole number; the usual one where there is none. */
    int number(String pointer, int least, int most, int usual) {
        JsonNode node = document.tree().at(pointer);
        String what = "a whole number from " + least + " to " + most;
        if (node.isMissingNode() || node.isNull()) {
            return usual;
        }
        if (isPlaceholder(pointer, node, what)) {
            return usual;
        }
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            problem(pointer, "expected " + what + ", got " + node);
            return usual;
        }
        int number = node.intValue();
        if (number < least || number > most) {
            problem(pointer, "expected " + what + ", got " + number);
        }
        return number;
    }

    private boolean isPlaceholder(String pointer, JsonNode node, String what) {
        boolean isOne = node.isString() && PLACEHOLDER.matcher(node.asString().strip()).matches();
        if (isOne) {
            problem(
                    pointer,
                    "the placeholder "
                            + node.asString().strip()
                            + " is still there; put "
                            + what
                            + " in its place");
        }
        return isOne;
    }

    void problem(String pointer, String message) {
        problems.add(document.problemAt(pointer, message));
    }
}
