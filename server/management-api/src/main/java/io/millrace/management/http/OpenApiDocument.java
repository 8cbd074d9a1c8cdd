package io.millrace.management.http;

import io.millrace.api.Kind;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI 3.1 document, made from the routes that are served. */
final class OpenApiDocument {
    private static final Pattern PATH_PARAMETER = Pattern.compile("\\{(\\w+)\\}");
    private final List<Route> routes;
    private final ServerFacts facts;

    OpenApiDocument(List<Route> routes, ServerFacts facts) {
        this.routes = routes;
        this.facts = facts;
    }

    ObjectNode json() {
        ObjectNode document = Json.object().put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Millrace management API")
                .put("version", facts.version());
        document.putArray("servers").addObject().put("url", ManagementRoutes.PATH);
        ObjectNode paths = document.putObject("paths");
        for (Route route : routes) {
            ObjectNode path =
                    paths.get(route.path()) instanceof ObjectNode known
                            ? known
                            : addPath(paths, route.path());
            path.set(route.method().text().toLowerCase(Locale.ROOT), operation(route));
        }
        ObjectNode schemas = document.putObject("components").putObject("schemas");
        ApiSchemas.addTo(schemas);
        for (Kind kind : Kind.values()) {
            ApiSchemas.addKind(schemas, kind);
        }
        return document;
    }

    private static ObjectNode addPath(ObjectNode paths, String template) {
        ObjectNode path = paths.putObject(template);
        Matcher parameter = PATH_PARAMETER.matcher(template);
        ArrayNode parameters = Json.object().arrayNode();
        while (parameter.find()) {
            ObjectNode described =
                    parameters
                            .addObject()
                            .put("name", parameter.group(1))
                            .put("in", "path")
                            .put("required", true);
            described.putObject("schema").put("type", "string");
        }
        if (!parameters.isEmpty()) {
            path.set("parameters", parameters);
        }
        return path;
    }

    private static ObjectNode operation(Route route) {
        ObjectNode operation =
                Json.object().put("operationId", route.operation()).put("summary", route.summary());
        if (!route.parameters().isEmpty()) {
            ArrayNode parameters = operation.putArray("parameters");
            for (Route.Parameter parameter : route.parameters()) {
                parameters
                        .addObject()
                        .put("name", parameter.name())
                        .put("in", parameter.in())
                        .put("description", parameter.description())
                        .putObject("schema")
                        .put("type", parameter.type());
            }
        }
        if (!route.body().mediaTypes().isEmpty()) {
            ObjectNode body = operation.putObject("requestBody").put("required", true);
            ObjectNode content = body.putObject("content");
            for (String mediaType : route.body().mediaTypes()) {
                content.putObject(mediaType).set("schema", schema(route.body().schema()));
            }
        }
        addAnswers(route.answer(), operation.putObject("responses"));
        return operation;
    }

    private static void addAnswers(Route.Answer answer, ObjectNode responses) {
        ObjectNode good =
                responses
                        .putObject(Integer.toString(answer.status()))
                        .put("description", "all is well");
        if (!answer.schema().isEmpty()) {
            good.putObject("content")
                    .putObject(answer.mediaType())
                    .set("schema", schema(answer.schema()));
        }
        responses
                .putObject("default")
                .put("description", "an error")
                .putObject("content")
                .putObject(ErrorResponses.MEDIA_TYPE)
                .set("schema", schema("Problem"));
    }

    private static ObjectNode schema(String name) {
        return name.equals("binary")
                ? Json.object().put("type", "string").put("format", "binary")
                : Json.object().put("$ref", "#/components/schemas/" + name);
    }
}
