package io.millrace.client;

import io.millrace.api.Condition;
import io.millrace.api.Revision;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A resource as the management API gives it. It keeps the JSON, so that a client also shows fields
 * of servers newer than itself.
 *
 * @param json the whole resource
 */
public record ApiResource(JsonNode json) {

    /** Its kind, as in {@code Pipeline}. */
    public String kind() {
        return json.path("kind").asString("");
    }

    /** The project it belongs to; empty for kinds that belong to none. */
    public String project() {
        return json.path("metadata").path("project").asString("");
    }

    /** Its name. */
    public String name() {
        return json.path("metadata").path("name").asString("");
    }

    /** Free text for people, may be empty. */
    public String title() {
        return json.path("metadata").path("title").asString("");
    }

    /** Counts the changes of its spec. */
    public long generation() {
        return json.path("metadata").path("generation").asLong(0);
    }

    /** The store's revision at its last change. */
    public Revision revision() {
        return new Revision(json.path("metadata").path("revision").asLong(0));
    }

    /** When it was created, if the server said so. */
    public Optional<Instant> createdAt() {
        return instant(json.path("metadata").path("createdAt"));
    }

    /** What is wanted. */
    public JsonNode spec() {
        return json.path("spec");
    }

    /** What was observed. */
    public JsonNode status() {
        return json.path("status");
    }

    /** As in {@code Pipeline/fashion-pipeline}. */
    public String label() {
        return kind() + "/" + name();
    }

    /** The statements about it, in the server's order. */
    public List<Condition> conditions() {
        var conditions = new ArrayList<Condition>();
        for (JsonNode node : status().path("conditions")) {
            conditions.add(
                    new Condition(
                            node.path("type").asString(""),
                            truth(node.path("status").asString("")),
                            node.path("reason").asString(""),
                            node.path("message").asString(""),
                            instant(node.path("lastTransitionTime")).orElse(Instant.EPOCH),
                            node.path("observedGeneration").asLong(0)));
        }
        return conditions;
    }

    /** What is said about readiness, if anything was said yet. */
    public Optional<Condition> ready() {
        return conditions().stream().filter(c -> c.type().equals(Condition.READY)).findFirst();
    }

    /** Whether it works as its current spec says. */
    public boolean isReady() {
        return ready().filter(c -> c.isTrue() && c.observedGeneration() == generation())
                .isPresent();
    }

    private static Condition.Truth truth(String text) {
        for (Condition.Truth truth : Condition.Truth.values()) {
            if (truth.label().equalsIgnoreCase(text)) {
                return truth;
            }
        }
        return Condition.Truth.UNKNOWN;
    }

    static Optional<Instant> instant(JsonNode node) {
        try {
            return node.isString() ? Optional.of(Instant.parse(node.asString())) : Optional.empty();
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
