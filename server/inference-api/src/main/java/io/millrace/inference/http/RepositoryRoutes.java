package io.millrace.inference.http;

import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.inference.protocol.OpenInference;
import io.millrace.spi.ModelServing;
import tools.jackson.databind.JsonNode;

/**
 * The repository extension of the Open Inference Protocol. Models are declared elsewhere; here they
 * only come into memory and leave it.
 *
 * <pre>
 *   POST /v2/repository/index                {"ready": true}?
 *   POST /v2/repository/models/{m}/load
 *   POST /v2/repository/models/{m}/unload
 * </pre>
 */
final class RepositoryRoutes {

    private static final String ROOT = "/v2/repository";

    private final ModelServing serving;
    private final BodyReader bodies;

    RepositoryRoutes(ModelServing serving, BodyReader bodies) {
        this.serving = serving;
        this.bodies = bodies;
    }

    void register(HttpRules rules, String prefix) {
        String root = prefix + ROOT;
        rules.any(root + "/index", posted(this::index))
                .any(root + "/models/{model}/load", posted(this::load))
                .any(root + "/models/{model}/unload", posted(this::unload));
    }

    private static Handler posted(Handler handler) {
        return HttpErrors.guarded((request, response) -> {
            if (Requests.takes(request, response, "POST")) {
                handler.handle(request, response);
            }
        });
    }

    private void index(ServerRequest request, ServerResponse response) {
        JsonNode asked = SmallJson.object(bodies.read(request));
        boolean onlyReady = asked.path("ready").asBoolean(false);
        var models = serving.list(Requests.project(request));
        JsonAnswer.send(response, json -> V2Documents.index(json, models, onlyReady));
    }

    private void load(ServerRequest request, ServerResponse response) {
        JsonNode asked = SmallJson.object(bodies.read(request));
        OpenInference.refuseContent(asked.path("parameters").propertyNames());
        ResourceName model = model(request);
        serving.load(Requests.project(request), model);
        done(response, model, "load");
    }

    private void unload(ServerRequest request, ServerResponse response) {
        SmallJson.object(bodies.read(request)); // unload_dependents: no model has dependents
        ProjectId project = Requests.project(request);
        ResourceName model = model(request);
        serving.unload(project, model);
        done(response, model, "unload");
    }

    private static ResourceName model(ServerRequest request) {
        return Requests.model(request.path().pathParameters().get("model"));
    }

    private static void done(ServerResponse response, ResourceName model, String what) {
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("name", model.value());
                    json.writeBooleanProperty(what, true);
                    json.writeEndObject();
                });
    }
}
