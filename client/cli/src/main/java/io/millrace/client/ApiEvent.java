package io.millrace.client;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Something that happened to a resource, as the management API gives it.
 *
 * @param json the whole event
 */
public record ApiEvent(JsonNode json) {

    /** To what, as in {@code Pipeline/fashion-pipeline}. */
    public String label() {
        return json.path("kind").asString("") + "/" + json.path("name").asString("");
    }

    /** Whether somebody should look. */
    public boolean isWarning() {
        return json.path("severity").asString("").equals("warning");
    }

    /** One word for programs. */
    public String reason() {
        return json.path("reason").asString("");
    }

    /** A sentence for people. */
    public String message() {
        return json.path("message").asString("");
    }

    /** When it happened last, if the server said so. */
    public Optional<Instant> last() {
        return ApiResource.instant(json.path("last"));
    }

    /** How often in a row. */
    public long count() {
        return json.path("count").asLong(1);
    }
}
