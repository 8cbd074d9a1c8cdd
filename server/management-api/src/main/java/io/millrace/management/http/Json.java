package io.millrace.management.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.Resource;
import io.millrace.codec.ResourceWriter;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.POJONode;
import tools.jackson.databind.util.RawValue;

/** Answers in JSON. */
final class Json {
    static final String MEDIA_TYPE = "application/json";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Text that is JSON already, as a part of an answer. */
    static JsonNode raw(String json) {
        return new POJONode(new RawValue(json));
    }

    /** Whether a text is JSON as every reader takes it. */
    static boolean isStrict(String text) {
        try {
            var _ = MAPPER.readTree(text);
            return true;
        } catch (JacksonException _) {
            return false;
        }
    }

    static JsonNode resource(Resource<?> resource) {
        return raw(ResourceWriter.json(resource));
    }

    static String text(JsonNode node) {
        return MAPPER.writeValueAsString(node);
    }

    static void send(ServerResponse response, Status status, JsonNode body) {
        send(response, status, MEDIA_TYPE, text(body));
    }

    static void send(ServerResponse response, Status status, String mediaType, String body) {
        response.status(status)
                .header(HeaderNames.CONTENT_TYPE, mediaType)
                .send(body.getBytes(StandardCharsets.UTF_8));
    }
}
