package io.millrace.inference.http;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceName;
import io.millrace.spi.GraphServing;
import io.millrace.spi.GraphServing.Answer;
import io.millrace.spi.GraphServing.Call;

/**
 * Inference graphs, called as KServe's router is: the body goes in, the last step's answer comes
 * back with its status. Errors of the graph itself have a {@code cause}, as the router's have;
 * those of a step are as the step gave them.
 *
 * <pre>
 *   GET  /v1/graphs                       names
 *   POST /v1/graphs/{g}                   also with :predict or :infer behind the name
 * </pre>
 */
final class GraphRoutes {

    private static final String GRAPHS = "/v1/graphs";

    private final GraphServing graphs;
    private final BodyReader bodies;
    private final InferenceApiConfig config;

    GraphRoutes(GraphServing graphs, BodyReader bodies, InferenceApiConfig config) {
        this.graphs = graphs;
        this.bodies = bodies;
        this.config = config;
    }

    void register(HttpRules rules, String prefix) {
        rules.any(prefix + GRAPHS, HttpErrors.guarded(this::list))
                .any(prefix + GRAPHS + "/{graph}", HttpErrors.guarded(this::call));
    }

    private void list(ServerRequest request, ServerResponse response) {
        if (Requests.takes(request, response, "GET")) {
            var names = graphs.list(Requests.project(request));
            JsonAnswer.send(
                    response,
                    json -> {
                        json.writeStartObject();
                        json.writeArrayPropertyStart("graphs");
                        names.forEach(name -> json.writeString(name.value()));
                        json.writeEndArray();
                        json.writeEndObject();
                    });
        }
    }

    private void call(ServerRequest request, ServerResponse response) {
        if (!Requests.takes(request, response, "POST")) {
            return;
        }
        Answer answer;
        try {
            answer =
                    graphs.run(
                            new Call(
                                    Requests.project(request),
                                    name(request.path().pathParameters().get("graph")),
                                    bodies.read(request),
                                    "",
                                    config.timeout()));
        } catch (MillraceException e) {
            HttpErrors.sendAsCause(response, e);
            return;
        }
        switch (answer) {
            case Answer.Done(byte[] body) -> JsonAnswer.send(request, response, body);
            case Answer.Failed(MillraceException reason) -> throw reason;
        }
    }

    private static ResourceName name(String segment) {
        int colon = segment.indexOf(':');
        String verb = colon < 0 ? "" : segment.substring(colon + 1);
        if (!verb.isEmpty() && !verb.equals("predict") && !verb.equals("infer")) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "Unsupported verb ':%s'; use :predict or :infer.".formatted(verb));
        }
        String name = colon < 0 ? segment : segment.substring(0, colon);
        try {
            return new ResourceName(name);
        } catch (MillraceException e) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND,
                    "Inference graph with name " + name + " does not exist.",
                    e);
        }
    }
}
