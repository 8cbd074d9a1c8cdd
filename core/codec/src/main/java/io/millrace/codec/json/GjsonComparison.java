package io.millrace.codec.json;

import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * A comparison in a query.
 *
 * @param operator what must hold
 * @param expected with what
 */
record GjsonComparison(Operator operator, JsonNode expected) {

    /** How two values are compared. */
    enum Operator {
        EQUAL,
        NOT_EQUAL,
        LESS,
        LESS_OR_EQUAL,
        MORE,
        MORE_OR_EQUAL,
        LIKE,
        NOT_LIKE
    }

    boolean holds(JsonNode actual) {
        return switch (operator) {
            case EQUAL -> isEqual(actual);
            case NOT_EQUAL -> !isEqual(actual);
            case LESS -> isComparable(actual) && compare(actual) < 0;
            case LESS_OR_EQUAL -> isComparable(actual) && compare(actual) <= 0;
            case MORE -> isComparable(actual) && compare(actual) > 0;
            case MORE_OR_EQUAL -> isComparable(actual) && compare(actual) >= 0;
            case LIKE -> actual.isString() && isLike(actual.stringValue());
            case NOT_LIKE -> actual.isString() && !isLike(actual.stringValue());
        };
    }

    private boolean isEqual(JsonNode actual) {
        return isComparable(actual)
                ? compare(actual) == 0
                : actual.getNodeType() == expected.getNodeType() && actual.equals(expected);
    }

    private boolean isComparable(JsonNode actual) {
        return (actual.isNumber() && expected.isNumber())
                || (actual.isString() && expected.isString());
    }

    private int compare(JsonNode actual) {
        return actual.isNumber()
                ? actual.decimalValue().compareTo(expected.decimalValue())
                : actual.stringValue().compareTo(expected.stringValue());
    }

    private boolean isLike(String text) {
        return wildcards(expected.asString("")).matcher(text).matches();
    }

    /** {@code *} for any characters, {@code ?} for one. */
    static Pattern wildcards(String pattern) {
        var regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c == '*') {
                regex.append(".*");
            } else if (c == '?') {
                regex.append('.');
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}
