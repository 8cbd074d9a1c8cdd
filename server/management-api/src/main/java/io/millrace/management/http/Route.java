package io.millrace.management.http;

import io.helidon.http.Method;
import java.util.List;

/**
 * One call of the API: how it is reached, what it says about itself, who does it. The routing and
 * the OpenAPI document are both made from the same list of these.
 *
 * @param method of HTTP
 * @param path below {@code /api/v1}, with path parameters as {@code {name}}
 * @param operation its name for generated clients
 * @param summary one sentence
 * @param parameters in the query and in headers
 * @param body what is sent
 * @param answer what comes back when all is well
 * @param action does it
 */
record Route(
        Method method,
        String path,
        String operation,
        String summary,
        List<Parameter> parameters,
        Body body,
        Answer answer,
        Action action) {
    Route {
        parameters = List.copyOf(parameters);
    }

    /** A route without parameters and body that answers with JSON. */
    static Route get(String path, String operation, String summary, Answer answer, Action action) {
        return new Route(
                Method.GET, path, operation, summary, List.of(), Body.NONE, answer, action);
    }

    Route with(Parameter... more) {
        return new Route(method, path, operation, summary, List.of(more), body, answer, action);
    }

    /** Does what was asked. */
    @FunctionalInterface
    interface Action {
        /** Answers the call or throws. */
        void handle(Call call);
    }

    /**
     * A parameter, never required.
     *
     * @param name its name
     * @param in {@code query} or {@code header}
     * @param type as JSON Schema calls it
     * @param description for people
     */
    record Parameter(String name, String in, String type, String description) {
        static Parameter query(String name, String type, String description) {
            return new Parameter(name, "query", type, description);
        }

        static Parameter header(String name, String description) {
            return new Parameter(name, "header", "string", description);
        }
    }

    /**
     * What is sent.
     *
     * @param schema name of a schema of the document, {@code binary}, or empty for no body
     * @param mediaTypes in which it may be written
     */
    record Body(String schema, List<String> mediaTypes) {
        static final Body NONE = new Body("", List.of());

        Body {
            mediaTypes = List.copyOf(mediaTypes);
        }

        static Body manifest(String schema) {
            return new Body(schema, List.of("application/json", "application/yaml"));
        }
    }

    /**
     * What comes back.
     *
     * @param status of HTTP
     * @param schema name of a schema of the document, {@code binary}, or empty
     * @param mediaType of the body
     */
    record Answer(int status, String schema, String mediaType) {
        static Answer json(String schema) {
            return new Answer(200, schema, Json.MEDIA_TYPE);
        }

        static Answer events(String schema) {
            return new Answer(200, schema, EventStream.MEDIA_TYPE);
        }
    }
}
