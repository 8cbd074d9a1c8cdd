package io.millrace.inference.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Sends JSON. */
final class JsonAnswer {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String TYPE = "application/json";

    private JsonAnswer() {}

    static void send(ServerResponse response, Consumer<JsonGenerator> content) {
        var bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            content.accept(json);
        }
        send(response, bytes.toByteArray());
    }

    static void send(ServerResponse response, byte[] json) {
        response.header(HeaderNames.CONTENT_TYPE, TYPE);
        response.send(json);
    }
}
