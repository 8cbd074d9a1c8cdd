package io.millrace.inference.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Sends JSON. */
final class JsonAnswer {

    static final String TYPE = "application/json";

    private static final Header CONTENT_TYPE =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, TYPE);
    private static final JsonFactory JSON = new JsonFactory();

    private JsonAnswer() {}

    static void send(ServerResponse response, Consumer<JsonGenerator> content) {
        var bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
            content.accept(json);
        }
        response.header(CONTENT_TYPE);
        response.send(bytes.toByteArray());
    }

    /** Sends JSON that may be large: compressed when the caller wishes and it is worth it. */
    static void send(ServerRequest request, ServerResponse response, byte[] json) {
        response.header(CONTENT_TYPE);
        response.send(Compression.apply(request, response, json));
    }
}
