package io.millrace.management.http;

import io.millrace.api.Kind;
import tools.jackson.databind.node.ObjectNode;

/**
 * The schemas of bodies, written as YAML-like short forms: {@code string}, {@code integer}, {@code
 * [X]} for a list of X, {@code {X}} for a map to X, {@code #X} for another schema.
 */
final class ApiSchemas {
    private ApiSchemas() {}

    /** The schemas that do not depend on kinds. */
    static void addTo(ObjectNode schemas) {
        schemas.putObject("Any").put("type", "object");
        add(schemas, "Server", "name", "string", "version", "string", "ports", "{integer}");
        add(schemas, "Blob", "sha256", "string", "uri", "string");
        add(
                schemas,
                "ModelVersion",
                "version",
                "integer",
                "state",
                "string",
                "message",
                "string",
                "sha256",
                "string",
                "sizeBytes",
                "integer",
                "signature",
                "string",
                "origin",
                "string",
                "checks",
                "[#Check]",
                "loaded",
                "boolean");
        add(schemas, "Check", "name", "string", "result", "string");
        addModelRequests(schemas);
        schemas.putObject("SecretValues")
                .put("type", "object")
                .put("description", "all values of a secret; they are never given back")
                .set("additionalProperties", type("string"));
        add(schemas, "Secret", "name", "string", "values", "[string]");
        add(schemas, "SecretList", "items", "[#Secret]");
        add(schemas, "ObjectStoreUser", "name", "string", "accessKey", "string", "made", "string");
        add(
                schemas,
                "ObjectStoreCredential",
                "name",
                "string",
                "accessKey",
                "string",
                "made",
                "string",
                "secretKey",
                "string",
                "endpoint",
                "string");
        add(schemas, "ObjectStore", "endpoint", "string", "users", "[#ObjectStoreUser]");
        DriftSchemas.addReport(schemas);
        add(
                schemas, "LogLine", "step", "string", "worker", "integer", "time", "string", "text",
                "string");
        add(schemas, "LogLines", "lines", "[#LogLine]");
        addEvents(schemas);
        DeadLetterSchemas.addTo(schemas);
        InsightSchemas.addTo(schemas);
        TrainingSchemas.addReports(schemas);
        addProblem(schemas);
        addEnvelope(schemas);
        addApply(schemas);
    }

    private static void addEvents(ObjectNode schemas) {
        add(
                schemas,
                "Event",
                "kind",
                "string",
                "name",
                "string",
                "severity",
                "string",
                "reason",
                "string",
                "message",
                "string",
                "first",
                "string",
                "last",
                "string",
                "count",
                "integer");
        add(schemas, "Events", "items", "[#Event]");
    }

    private static void addModelRequests(ObjectNode schemas) {
        add(
                schemas,
                "NewVersion",
                "version",
                "integer",
                "uri",
                "string",
                "storageUri",
                "string",
                "framework",
                "string");
        add(schemas, "AliasTarget", "version", "integer");
        add(schemas, "Promotion", "version", "integer", "allowSignatureChange", "boolean");
        add(
                schemas,
                "Traffic",
                "rule",
                "#TrafficRule",
                "serving",
                "integer",
                "remark",
                "string",
                "versions",
                "[#VersionTraffic]",
                "comparison",
                "#Comparison");
        add(
                schemas,
                "VersionTraffic",
                "version",
                "integer",
                "calls",
                "integer",
                "errors",
                "integer",
                "medianMillis",
                "number",
                "p99Millis",
                "number");
        add(
                schemas,
                "Comparison",
                "version",
                "integer",
                "compared",
                "integer",
                "agreed",
                "integer",
                "failed",
                "integer",
                "notMirrored",
                "integer",
                "agreement",
                "number");
    }

    private static void addProblem(ObjectNode schemas) {
        add(
                schemas,
                "Problem",
                "type",
                "string",
                "title",
                "string",
                "status",
                "integer",
                "detail",
                "string",
                "code",
                "string",
                "errors",
                "[#ProblemPlace]");
        add(
                schemas,
                "ProblemPlace",
                "source",
                "string",
                "line",
                "integer",
                "column",
                "integer",
                "pointer",
                "string",
                "message",
                "string");
    }

    private static void addEnvelope(ObjectNode schemas) {
        add(
                schemas,
                "Metadata",
                "project",
                "string",
                "name",
                "string",
                "title",
                "string",
                "labels",
                "{string}",
                "uid",
                "string",
                "generation",
                "integer",
                "revision",
                "integer",
                "createdAt",
                "string");
        add(
                schemas,
                "Condition",
                "type",
                "string",
                "status",
                "string",
                "reason",
                "string",
                "message",
                "string",
                "lastTransitionTime",
                "string",
                "observedGeneration",
                "integer");
        add(
                schemas,
                "Status",
                "conditions",
                "[#Condition]",
                "details",
                "{string}",
                "versions",
                "[#ModelVersion]");
        ObjectNode any = schemas.putObject("Resource");
        var kinds = any.putArray("oneOf");
        for (Kind kind : Kind.values()) {
            kinds.addObject().put("$ref", reference(kind.label()));
        }
        schemas.putObject("Manifests")
                .put("type", "array")
                .put("description", "one resource, or several YAML documents")
                .set("items", type("#Resource"));
    }

    private static void addApply(ObjectNode schemas) {
        add(schemas, "ApplyResult", "results", "[#AppliedResource]");
        add(
                schemas,
                "AppliedResource",
                "kind",
                "string",
                "project",
                "string",
                "name",
                "string",
                "change",
                "string",
                "before",
                "#Any",
                "after",
                "#Any");
    }

    /** The schemas of a kind: the resource and a list of them. */
    static void addKind(ObjectNode schemas, Kind kind) {
        ObjectNode resource =
                add(
                        schemas,
                        kind.label(),
                        "apiVersion",
                        "string",
                        "kind",
                        "string",
                        "metadata",
                        "#Metadata",
                        "spec",
                        "#" + kind.label() + "Spec",
                        "status",
                        "#Status");
        resource.putArray("required").add("apiVersion").add("kind").add("metadata").add("spec");
        add(
                schemas,
                kind.label() + "List",
                "items",
                "[#" + kind.label() + "]",
                "continue",
                "string",
                "revision",
                "integer");
        SpecSchemas.add(schemas, kind);
    }

    /** Adds a schema of an object: names and types in turn. */
    static ObjectNode add(ObjectNode schemas, String name, String... properties) {
        ObjectNode schema = schemas.putObject(name).put("type", "object");
        ObjectNode fields = schema.putObject("properties");
        for (int i = 0; i < properties.length; i += 2) {
            fields.set(properties[i], type(properties[i + 1]));
        }
        return schema;
    }

    private static ObjectNode type(String text) {
        ObjectNode schema = Json.object();
        String inner = text.length() > 2 ? text.substring(1, text.length() - 1) : "";
        switch (text.charAt(0)) {
            case '#' -> schema.put("$ref", reference(text.substring(1)));
            case '[' -> schema.put("type", "array").set("items", type(inner));
            case '{' -> schema.put("type", "object").set("additionalProperties", type(inner));
            default -> schema.put("type", text);
        }
        return schema;
    }

    private static String reference(String name) {
        return "#/components/schemas/" + name;
    }
}
