package io.millrace.kafkaml;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON object as clients of two generations send it: fields may be missing or empty, and numbers
 * may be text.
 */
record Body(ObjectNode fields) {

    static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Reads an object.
     *
     * @throws MillraceException {@code INVALID} when it is none
     */
    static Body parse(byte[] content) {
        return parse(new String(content, StandardCharsets.UTF_8));
    }

    static Body parse(String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) {
                return new Body(object);
            }
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "Information not valid: the body is no JSON", e);
        }
        throw MillraceException.invalid("Information not valid: expected a JSON object");
    }

    private Optional<JsonNode> find(String name) {
        JsonNode value = fields.path(name);
        boolean isEmpty =
                value.isMissingNode()
                        || value.isNull()
                        || (value.isString() && value.stringValue().isBlank());
        return isEmpty ? Optional.empty() : Optional.of(value);
    }

    /** Text as it was sent; empty when it is missing. */
    String text(String name) {
        return find(name).map(Body::textOf).orElse("");
    }

    String requiredText(String name) {
        return find(name)
                .map(Body::textOf)
                .orElseThrow(() -> problem(name, "this field is required"));
    }

    private static String textOf(JsonNode value) {
        return value.isString() ? value.stringValue() : value.toString();
    }

    /** A number that may have been sent as text. */
    OptionalDouble decimal(String name) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return OptionalDouble.empty();
        }
        try {
            return OptionalDouble.of(Double.parseDouble(textOf(value.get()).strip()));
        } catch (NumberFormatException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, problem(name, "a number is required").text(), e);
        }
    }

    OptionalLong whole(String name) {
        OptionalDouble number = decimal(name);
        if (number.isEmpty()) {
            return OptionalLong.empty();
        }
        double value = number.getAsDouble();
        if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
            throw problem(name, "a whole number is required");
        }
        return OptionalLong.of((long) value);
    }

    /** A whole number of which nothing may be cut off. */
    OptionalInt number(String name) {
        OptionalLong number = whole(name);
        if (number.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Math.toIntExact(number.getAsLong()));
        } catch (ArithmeticException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, problem(name, "this number is too large").text(), e);
        }
    }

    boolean flag(String name) {
        return find(name)
                .map(value -> textOf(value).strip().toLowerCase(Locale.ROOT))
                .filter(word -> !word.equals("false") && !word.equals("0"))
                .isPresent();
    }

    /** Numbers of other things. */
    List<Integer> ids(String name) {
        var ids = new ArrayList<Integer>();
        for (JsonNode item : fields.path(name)) {
            try {
                ids.add(Integer.parseInt(textOf(item).strip()));
            } catch (NumberFormatException e) {
                throw new MillraceException(
                        ErrorCode.INVALID, problem(name, "ids are required").text(), e);
            }
        }
        return ids;
    }

    /** Some texts, or one with commas in between. */
    List<String> texts(String name) {
        var texts = new ArrayList<String>();
        JsonNode value = fields.path(name);
        if (value.isArray()) {
            value.forEach(item -> texts.add(textOf(item).strip()));
        } else {
            for (String part : text(name).split(",", -1)) {
                texts.add(part.strip());
            }
        }
        texts.removeIf(String::isEmpty);
        return texts;
    }

    static MillraceException problem(String name, String what) {
        return MillraceException.invalid("Information not valid: \"%s\": %s".formatted(name, what));
    }
}
