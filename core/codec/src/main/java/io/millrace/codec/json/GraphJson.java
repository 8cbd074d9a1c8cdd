package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What happens to bodies between the steps of an inference graph. */
public final class GraphJson {

    private static final JsonMapper JSON = new JsonMapper(InferenceJson.JSON);

    private static final int MOST_SHOWN = 500;

    private GraphJson() {}

    /**
     * Whether a path leads somewhere in a body.
     *
     * @throws MillraceException {@code INVALID} when the body is no JSON
     */
    public static boolean holds(GjsonPath condition, byte[] body) {
        return condition.exists(read(body));
    }

    /**
     * A body with {@code predictions} renamed to {@code instances}; as it is when there are none.
     *
     * @throws MillraceException {@code INVALID} when the body is no JSON
     */
    public static byte[] predictionsToInstances(byte[] body) {
        if (read(body) instanceof ObjectNode object && object.has("predictions")) {
            object.set("instances", object.remove("predictions"));
            return JSON.writeValueAsBytes(object);
        }
        return body;
    }

    /** One object of several bodies; what is no JSON becomes a string. */
    public static byte[] merge(Map<String, byte[]> bodies) {
        ObjectNode merged = JSON.createObjectNode();
        bodies.forEach((name, body) -> {
            try {
                merged.set(name, JSON.readTree(body));
            } catch (JacksonException e) {
                merged.put(name, new String(body, java.nio.charset.StandardCharsets.UTF_8));
            }
        });
        return JSON.writeValueAsBytes(merged);
    }

    /** {@code {"error": "…"}}. */
    public static byte[] error(String text) {
        return JSON.writeValueAsBytes(JSON.createObjectNode().put("error", text));
    }

    /** What a body says under {@code error}; as much of the body as people read if it does not. */
    public static String errorIn(byte[] body) {
        try {
            JsonNode error = JSON.readTree(body).path("error");
            if (error.isString()) {
                return error.stringValue();
            }
        } catch (JacksonException e) {
            // Shown as it is, then: user code may answer whatever it likes.
        }
        int length = Math.min(body.length, MOST_SHOWN);
        return new String(body, 0, length, java.nio.charset.StandardCharsets.UTF_8);
    }

    private static JsonNode read(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (JacksonException e) {
            throw InferenceJson.invalidJson(e);
        }
    }
}
