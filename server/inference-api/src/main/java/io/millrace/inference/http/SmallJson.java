package io.millrace.inference.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The small objects that settings and repository requests are. */
final class SmallJson {

    private static final JsonMapper MAPPER = new JsonMapper();

    private SmallJson() {}

    /** Reads an object; nothing at all is an empty one. */
    static JsonNode object(byte[] body) {
        if (body.length == 0) {
            return MAPPER.createObjectNode();
        }
        try {
            JsonNode node = MAPPER.readTree(body);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "not valid JSON: " + e.getOriginalMessage(), e);
        }
        throw MillraceException.invalid("the body must be a JSON object or empty");
    }
}
