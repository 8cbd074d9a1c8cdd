package io.millrace.management.http;

import tools.jackson.databind.node.ObjectNode;

/** The schemas of dead letters and of the work on them. */
final class DeadLetterSchemas {
    private static final String TEXT = "string";
    private static final String NUMBER = "integer";
    private static final String TRUTH = "boolean";

    private DeadLetterSchemas() {}

    static void addTo(ObjectNode schemas) {
        ApiSchemas.add(
                schemas,
                "DeadLetter",
                "position",
                TEXT,
                "partition",
                NUMBER,
                "offset",
                NUMBER,
                "state",
                TEXT,
                "code",
                TEXT,
                "stage",
                TEXT,
                "reason",
                TEXT,
                "attempts",
                NUMBER,
                "readAt",
                TEXT,
                "diedAt",
                TEXT,
                "time",
                TEXT,
                "key",
                TEXT,
                "steps",
                "[string]",
                "headers",
                "[#DeadLetterHeader]",
                "payload",
                "#DeadLetterPayload");
        ApiSchemas.add(schemas, "DeadLetterHeader", "name", TEXT, "value", TEXT);
        ObjectNode payload =
                ApiSchemas.add(
                        schemas,
                        "DeadLetterPayload",
                        "form",
                        TEXT,
                        "size",
                        NUMBER,
                        "isCut",
                        TRUTH,
                        "text",
                        TEXT,
                        "hex",
                        TEXT,
                        "base64",
                        TEXT);
        payload.withObject("/properties")
                .putObject("json")
                .put("description", "any JSON: the payload, or what its MessagePack says");
        ApiSchemas.add(
                schemas, "DeadLetters", "kept", TRUTH, "items", "[#DeadLetter]", "continue", TEXT);
        ApiSchemas.add(
                schemas,
                "DeadLetterCounts",
                "kept",
                TRUTH,
                "open",
                NUMBER,
                "redriven",
                NUMBER,
                "dropped",
                NUMBER);
        ApiSchemas.add(
                schemas,
                "DeadLetterSelection",
                "positions",
                "[string]",
                "code",
                TEXT,
                "stage",
                TEXT,
                "contains",
                TEXT,
                "step",
                TEXT,
                "key",
                TEXT,
                "since",
                TEXT,
                "until",
                TEXT,
                "all",
                TRUTH);
        ApiSchemas.add(
                schemas,
                "DeadLetterJob",
                "id",
                TEXT,
                "action",
                TEXT,
                "state",
                TEXT,
                "message",
                TEXT,
                "looked",
                NUMBER,
                "total",
                NUMBER,
                "settled",
                NUMBER,
                "startedAt",
                TEXT,
                "changedAt",
                TEXT);
        ApiSchemas.add(schemas, "DeadLetterJobs", "items", "[#DeadLetterJob]");
    }
}
