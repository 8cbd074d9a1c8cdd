package io.millrace.client;

import tools.jackson.databind.JsonNode;

/**
 * What applying one document did, or would do.
 *
 * @param kind as in {@code Pipeline}
 * @param project empty for kinds that belong to none
 * @param name of the resource
 * @param change {@code created}, {@code updated} or {@code unchanged}
 * @param before the spec so far; a missing node unless asked for with a dry run
 * @param after the spec then; a missing node unless asked for with a dry run
 */
public record Applied(
        String kind, String project, String name, String change, JsonNode before, JsonNode after) {

    /** As in {@code Pipeline/fashion-pipeline}. */
    public String label() {
        return kind + "/" + name;
    }

    /** Whether nothing was, or would be, written. */
    public boolean isUnchanged() {
        return change.equals("unchanged");
    }

    static Applied of(JsonNode node) {
        return new Applied(
                node.path("kind").asString(""),
                node.path("project").asString(""),
                node.path("name").asString(""),
                node.path("change").asString(""),
                node.path("before"),
                node.path("after"));
    }
}
