package io.millrace.kafkaml;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What a call gives back. */
sealed interface Answer {

    /** Content that is in memory. */
    record Bytes(int status, String type, byte[] content) implements Answer {}

    /** A file that the caller keeps under its name. */
    record Download(Path file, String type, Map<String, String> headers) implements Answer {}

    static Answer json(JsonNode node) {
        return new Bytes(200, "application/json", node.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Clients of creations find nothing in the body, and list again. */
    static Answer created() {
        return new Bytes(201, "", new byte[0]);
    }

    static Answer done() {
        return new Bytes(200, "", new byte[0]);
    }

    static Answer deleted() {
        return new Bytes(204, "", new byte[0]);
    }

    static Answer text(int status, String text) {
        return new Bytes(
                status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }
}
