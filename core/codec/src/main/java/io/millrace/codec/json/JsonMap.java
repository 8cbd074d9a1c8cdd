package io.millrace.codec.json;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One JSON object of a program that is not trusted: what is missing, or of another type than asked
 * for, reads as empty or zero. Numbers that are none may be written as text, {@code "NaN"}.
 */
public final class JsonMap {

    private static final JsonMapper JSON = new JsonMapper(InferenceJson.JSON);

    private final JsonNode object;

    private JsonMap(JsonNode object) {
        this.object = object;
    }

    /**
     * Reads one.
     *
     * @throws MillraceException {@code INVALID} when the text is no JSON object
     */
    public static JsonMap parse(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node.isObject()) {
                return new JsonMap(node);
            }
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "this is no JSON: " + e.getOriginalMessage(), e);
        }
        throw MillraceException.invalid("expected a JSON object");
    }

    /** A map of texts, numbers, truth values, lists and maps as one line. */
    public static String write(Map<String, ?> values) {
        return JSON.writeValueAsString(values);
    }

    /** A text. */
    public String text(String name) {
        JsonNode value = object.path(name);
        return value.isString() ? value.stringValue() : "";
    }

    /** A whole number. */
    public long number(String name) {
        JsonNode value = object.path(name);
        return value.isNumber() ? value.asLong(0) : 0;
    }

    /** Whether it is {@code true}. */
    public boolean flag(String name) {
        JsonNode value = object.path(name);
        return value.isBoolean() && value.booleanValue();
    }

    /** An object in it. */
    public JsonMap object(String name) {
        JsonNode value = object.path(name);
        return new JsonMap(value.isObject() ? value : JSON.createObjectNode());
    }

    /** Numbers by name. */
    public Map<String, Double> numbers(String name) {
        var numbers = new LinkedHashMap<String, Double>();
        for (Map.Entry<String, JsonNode> entry : object.path(name).properties()) {
            JsonNode value = entry.getValue();
            if (value.isNumber()) {
                numbers.put(entry.getKey(), value.doubleValue());
            } else if (value.isString()) {
                numbers.put(entry.getKey(), named(value.stringValue()));
            }
        }
        return numbers;
    }

    /** Texts by name. */
    public Map<String, String> texts(String name) {
        var texts = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> entry : object.path(name).properties()) {
            if (entry.getValue().isString()) {
                texts.put(entry.getKey(), entry.getValue().stringValue());
            }
        }
        return texts;
    }

    /** Texts in order. */
    public List<String> textList(String name) {
        var texts = new ArrayList<String>();
        for (JsonNode item : object.path(name)) {
            texts.add(item.isString() ? item.stringValue() : "");
        }
        return texts;
    }

    /** Lists of whole numbers in order. */
    public List<List<Long>> rows(String name) {
        var rows = new ArrayList<List<Long>>();
        for (JsonNode row : object.path(name)) {
            var numbers = new ArrayList<Long>();
            for (JsonNode number : row) {
                numbers.add(number.isNumber() ? number.asLong(0) : 0);
            }
            rows.add(List.copyOf(numbers));
        }
        return rows;
    }

    private static double named(String text) {
        return switch (text) {
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> Double.NaN;
        };
    }
}
