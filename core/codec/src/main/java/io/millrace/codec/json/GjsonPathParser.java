package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.codec.json.GjsonComparison.Operator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a {@link GjsonPath}. */
final class GjsonPathParser {

    private static final int MAX_LENGTH = 1000;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Longer ones first, for {@code <} begins {@code <=}. */
    private static final Map<String, Operator> OPERATORS = operators();

    private final String text;
    private int at;

    GjsonPathParser(String text) {
        this.text = text;
    }

    private static Map<String, Operator> operators() {
        var operators = new LinkedHashMap<String, Operator>();
        operators.put("==", Operator.EQUAL);
        operators.put("!=", Operator.NOT_EQUAL);
        operators.put("<=", Operator.LESS_OR_EQUAL);
        operators.put(">=", Operator.MORE_OR_EQUAL);
        operators.put("!%", Operator.NOT_LIKE);
        operators.put("=", Operator.EQUAL);
        operators.put("<", Operator.LESS);
        operators.put(">", Operator.MORE);
        operators.put("%", Operator.LIKE);
        return operators;
    }

    List<GjsonStep> parse() {
        if (text.isBlank() || text.length() > MAX_LENGTH) {
            throw wrong("it must have 1 to " + MAX_LENGTH + " characters");
        }
        List<GjsonStep> steps = path("");
        if (at < text.length()) {
            throw wrong("unexpected '" + text.charAt(at) + "'");
        }
        return steps;
    }

    /** Steps up to the end or one of some characters. */
    private List<GjsonStep> path(String ends) {
        var steps = new ArrayList<GjsonStep>();
        while (true) {
            steps.add(step(ends));
            if (at == text.length() || ends.indexOf(text.charAt(at)) >= 0) {
                return steps;
            }
            char separator = text.charAt(at);
            if (separator != '.' && separator != '|') {
                throw wrong("expected '.' or '|', got '" + separator + "'");
            }
            at++;
        }
    }

    private GjsonStep step(String ends) {
        if (at == text.length()) {
            throw wrong("it ends where a name is expected");
        }
        return switch (text.charAt(at)) {
            case '#' -> hash();
            case '@' -> modifier(ends);
            case '[' -> several();
            case '{', '!' -> throw wrong("'" + text.charAt(at) + "' is not understood here");
            default -> name(ends);
        };
    }

    private GjsonStep hash() {
        at++;
        if (at == text.length() || text.charAt(at) != '(') {
            return new GjsonStep.Every();
        }
        at++;
        return query();
    }

    private GjsonStep query() {
        List<GjsonStep> path = List.of();
        if (at < text.length() && operatorHere() == null && text.charAt(at) != ')') {
            path = path("=!<>%)");
        }
        GjsonComparison comparison = null;
        Map.Entry<String, Operator> operator = operatorHere();
        if (operator != null) {
            at += operator.getKey().length();
            comparison = new GjsonComparison(operator.getValue(), literal());
        } else if (path.isEmpty()) {
            throw wrong("a query must not be empty");
        }
        if (at == text.length() || text.charAt(at) != ')') {
            throw wrong("a query must end with ')'");
        }
        at++;
        boolean isForAll = at < text.length() && text.charAt(at) == '#';
        if (isForAll) {
            at++;
        }
        return new GjsonStep.Query(List.copyOf(path), comparison, isForAll);
    }

    private Map.@Nullable Entry<String, Operator> operatorHere() {
        for (Map.Entry<String, Operator> operator : OPERATORS.entrySet()) {
            if (text.startsWith(operator.getKey(), at)) {
                return operator;
            }
        }
        return null;
    }

    private JsonNode literal() {
        int start = at;
        boolean isQuoted = at < text.length() && text.charAt(at) == '"';
        if (isQuoted) {
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                at += text.charAt(at) == '\\' ? 2 : 1;
            }
            at = Math.min(text.length(), at + 1);
        } else {
            while (at < text.length() && text.charAt(at) != ')') {
                at++;
            }
        }
        try {
            JsonNode value = JSON.readTree(text.substring(start, at).strip());
            if (!value.isMissingNode() && !value.isContainer()) {
                return value;
            }
        } catch (JacksonException e) {
            // Said below, like a value that is none.
        }
        throw wrong(
                "expected a string in quotes, a number, true, false or null after the operator");
    }

    private GjsonStep modifier(String ends) {
        int start = at;
        while (at < text.length()
                && ".|".indexOf(text.charAt(at)) < 0
                && ends.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        if (!text.substring(start, at).equals("@this")) {
            throw wrong("of modifiers only @this is understood");
        }
        return new GjsonStep.This();
    }

    private GjsonStep several() {
        var paths = new ArrayList<List<GjsonStep>>();
        do {
            at++;
            paths.add(List.copyOf(path(",]")));
        } while (at < text.length() && text.charAt(at) == ',');
        if (at == text.length()) {
            throw wrong("a list of paths must end with ']'");
        }
        at++;
        return new GjsonStep.Several(List.copyOf(paths));
    }

    private GjsonStep name(String ends) {
        var name = new StringBuilder();
        boolean isPattern = false;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '.' || c == '|' || ends.indexOf(c) >= 0) {
                break;
            }
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                c = text.charAt(at);
            } else if (c == '*' || c == '?') {
                isPattern = true;
            }
            name.append(c);
            at++;
        }
        if (name.isEmpty()) {
            throw wrong("a name is missing at character " + (at + 1));
        }
        String text = name.toString();
        return isPattern
                ? new GjsonStep.Wildcard(GjsonComparison.wildcards(text))
                : new GjsonStep.Name(text, index(text));
    }

    private static int index(String text) {
        return text.length() <= 9 && text.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt(text)
                : -1;
    }

    private MillraceException wrong(String what) {
        return MillraceException.invalid(
                "the condition '%s' is no GJSON path that is understood: %s".formatted(text, what));
    }
}
