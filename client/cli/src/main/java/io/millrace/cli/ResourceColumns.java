package io.millrace.cli;

import io.millrace.api.Kind;
import io.millrace.client.ApiResource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What a table says about resources of a kind. */
final class ResourceColumns {

    private final Kind kind;
    private final boolean withProject;

    ResourceColumns(Kind kind, boolean withProject) {
        this.kind = kind;
        this.withProject = withProject && kind.isInProject();
    }

    List<String> headers() {
        var headers = new ArrayList<String>();
        if (withProject) {
            headers.add("PROJECT");
        }
        headers.add("NAME");
        headers.add("READY");
        headers.add("REASON");
        headers.add("AGE");
        headers.addAll(
                switch (kind) {
                    case PROJECT -> List.of("DESCRIPTION");
                    case CATEGORY -> List.of("VALUES");
                    case DATA_SOURCE -> List.of("KIND", "TOPICS", "CATEGORIES");
                    case FUNCTION -> List.of("LANGUAGE", "ENVIRONMENT", "SOURCE");
                    case MODEL -> List.of("FRAMEWORK", "VERSIONS", "ALIASES");
                    case INFERENCE_GRAPH -> List.of("NODES");
                    case PIPELINE -> List.of("FROM", "STEPS", "TO");
                    case MODEL_DEFINITION -> List.of("LIBRARY", "SOURCE");
                    case DATASET -> List.of("RANGES", "DESCRIPTION");
                    case EXPERIMENT -> List.of("DEFINITIONS", "DATASET");
                    case TRAINING_RUN -> List.of("DEFINITION", "DATASET", "EXPERIMENT");
                });
        return headers;
    }

    List<String> cells(ApiResource resource, Instant now) {
        var cells = new ArrayList<String>();
        if (withProject) {
            cells.add(resource.project());
        }
        cells.add(resource.name());
        cells.add(resource.ready().map(c -> c.status().label()).orElse("Unknown"));
        cells.add(resource.ready().map(io.millrace.api.Condition::reason).orElse(""));
        cells.add(resource.createdAt().map(created -> Ages.since(created, now)).orElse(""));
        JsonNode spec = resource.spec();
        cells.addAll(
                switch (kind) {
                    case PROJECT -> List.of(spec.path("description").asString(""));
                    case CATEGORY -> List.of(values(spec.path("values")));
                    case DATA_SOURCE ->
                            List.of(
                                    spec.has("mqtt") ? "mqtt" : spec.has("kafka") ? "kafka" : "",
                                    each(spec.path("fields"), "topic"),
                                    pairs(spec.path("categories")));
                    case FUNCTION ->
                            List.of(
                                    spec.path("language").asString(""),
                                    spec.path("environment").asString(""),
                                    spec.path("source").path("file").asString("inline"));
                    case MODEL ->
                            List.of(
                                    spec.path("framework").asString(""),
                                    each(spec.path("versions"), "version"),
                                    pairs(spec.path("aliases")));
                    case INFERENCE_GRAPH -> List.of(nodes(spec.path("nodes")));
                    case PIPELINE ->
                            List.of(
                                    from(spec.path("from")),
                                    steps(spec.path("steps")),
                                    destinations(spec.path("to")));
                    case MODEL_DEFINITION ->
                            List.of(
                                    spec.path("library").asString(""),
                                    spec.path("source").path("file").asString("inline"));
                    case DATASET ->
                            List.of(
                                    values(spec.path("ranges")),
                                    spec.path("description").asString(""));
                    case EXPERIMENT ->
                            List.of(
                                    values(spec.path("definitions")),
                                    spec.path("dataset").asString("awaited"));
                    case TRAINING_RUN ->
                            List.of(
                                    spec.path("definition").asString(""),
                                    spec.path("dataset").asString(""),
                                    spec.path("experiment").asString(""));
                });
        return cells;
    }

    private static String from(JsonNode from) {
        if (from.has("categories")) {
            return pairs(from.path("categories"));
        }
        if (from.has("pipeline")) {
            return "pipeline:" + text(from.path("pipeline"));
        }
        if (from.has("kafka")) {
            return "kafka:" + text(from.path("kafka").path("topic"));
        }
        JsonNode source = from.path("dataSource");
        return source.has("name")
                ? source.path("name").asString("") + "/" + fields(source.path("fields"))
                : pairs(from);
    }

    /** Of a data source: its fields, or all when none is named. */
    private static String fields(JsonNode fields) {
        return fields.isEmpty() ? "*" : text(fields);
    }

    private static String nodes(JsonNode nodes) {
        var parts = new ArrayList<String>();
        for (var entry : nodes.properties()) {
            parts.add(entry.getKey() + ":" + entry.getValue().path("routerType").asString("?"));
        }
        return String.join(", ", parts);
    }

    private static String steps(JsonNode steps) {
        var parts = new ArrayList<String>();
        for (JsonNode step : steps) {
            for (var entry : step.properties()) {
                parts.add(entry.getKey() + ":" + step(entry.getValue()));
            }
        }
        return String.join(" → ", parts);
    }

    /** A function or model by name, one of several models, or a window by what it is of. */
    private static String step(JsonNode step) {
        for (String name : List.of("name", "of", "value")) {
            if (step.has(name)) {
                return text(step.path(name));
            }
        }
        return "?";
    }

    private static String destinations(JsonNode to) {
        var parts = new ArrayList<String>();
        for (JsonNode destination : to) {
            for (var entry : destination.properties()) {
                String topic = entry.getValue().path("topic").asString("");
                parts.add(topic.isEmpty() ? entry.getKey() : entry.getKey() + ":" + topic);
            }
        }
        return String.join(", ", parts);
    }

    private static String pairs(JsonNode object) {
        var parts = new ArrayList<String>();
        for (var entry : object.properties()) {
            parts.add(entry.getKey() + "=" + text(entry.getValue()));
        }
        return String.join(",", parts);
    }

    private static String each(JsonNode array, String field) {
        var parts = new ArrayList<String>();
        for (JsonNode item : array) {
            parts.add(text(item.path(field)));
        }
        return String.join(",", parts);
    }

    private static String values(JsonNode array) {
        var parts = new ArrayList<String>();
        for (JsonNode item : array) {
            parts.add(text(item));
        }
        return String.join(",", parts);
    }

    private static String text(JsonNode node) {
        if (node.isArray()) {
            return values(node).replace(',', '|');
        }
        return node.isValueNode() ? node.asString("") : Documents.compactJson(node);
    }
}
