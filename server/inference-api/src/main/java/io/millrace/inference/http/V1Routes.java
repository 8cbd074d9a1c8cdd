package io.millrace.inference.http;

import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.VersionRef;
import io.millrace.codec.json.InferenceJson;
import io.millrace.codec.json.InferenceRequest;
import io.millrace.inference.SignatureChoice;
import io.millrace.inference.http.ModelCalls.Target;
import io.millrace.spi.ModelServing;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Description;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * KServe V1, TensorFlow Serving REST and Karbon.
 *
 * <pre>
 *   GET  /v1/models                                              names
 *   GET  /v1/models/{m}[/versions/{n}|/labels/{l}][/metadata]    status, signatures
 *   POST /v1/models/{m}[/versions/{n}|/labels/{l}]:predict       also :infer
 * </pre>
 */
final class V1Routes {

    private static final String MODELS = "/v1/models";

    private final ModelServing serving;
    private final ModelCalls calls;
    private final TransformedCalls transformed;
    private final EventCalls events;

    V1Routes(
            ModelServing serving,
            ModelCalls calls,
            TransformedCalls transformed,
            EventCalls events) {
        this.serving = serving;
        this.calls = calls;
        this.transformed = transformed;
        this.events = events;
    }

    void register(HttpRules rules, String prefix) {
        rules.any(prefix + MODELS, HttpErrors.guarded(this::list));
        TailPath.register(rules, prefix, MODELS, this::model);
    }

    private void list(ServerRequest request, ServerResponse response) {
        if (Requests.takes(request, response, "GET")) {
            var models = serving.list(Requests.project(request));
            JsonAnswer.send(response, json -> ModelDocuments.names(json, models));
        }
    }

    private void model(ServerRequest request, ServerResponse response, String tail) {
        ModelPath path = ModelPath.parse(tail);
        switch (path.verb()) {
            case "predict", "infer" -> {
                if (Requests.takes(request, response, "POST")) {
                    infer(request, response, path);
                }
            }
            case "" -> {
                if (Requests.takes(request, response, "GET")) {
                    status(request, response, path);
                }
            }
            case "metadata" -> {
                if (Requests.takes(request, response, "GET")) {
                    metadata(request, response, path);
                }
            }
            case "explain" -> {
                if (Requests.takes(request, response, "POST")) {
                    explain(request, response, path);
                }
            }
            case "classify", "regress" ->
                    throw unsupported(
                            path.verb(), "Models are served by their predict signatures only");
            default -> throw unsupported(path.verb(), "There is no such verb");
        }
    }

    private static MillraceException unsupported(String verb, String why) {
        return new MillraceException(
                ErrorCode.UNSUPPORTED,
                "Unsupported verb ':%s'. %s; use :predict or :infer.".formatted(verb, why));
    }

    private void infer(ServerRequest request, ServerResponse response, ModelPath path) {
        var target = new Target(Requests.project(request), path.model(), path.version(), "v1");
        if (EventCalls.isEvent(request)) {
            events.answer(request, response, target);
            return;
        }
        if (transformed.covers(target)) {
            transformed.v1(request, response, target);
            return;
        }
        calls.run(
                request,
                response,
                target,
                call -> {
                    byte[] body = call.body();
                    Description model = found(path, call::describe);
                    InferenceRequest parsed =
                            InferenceJson.read(
                                    body, name -> SignatureChoice.choose(model.signatures(), name));
                    Answer answer = call.infer(parsed.signature(), parsed.inputs(), 0);
                    byte[] json =
                            InferenceJson.write(
                                    answer.signature(), answer.outputs(), parsed.layout());
                    call.written(json.length);
                    JsonAnswer.send(request, response, json);
                });
    }

    private void explain(ServerRequest request, ServerResponse response, ModelPath path) {
        var target = new Target(Requests.project(request), path.model(), path.version(), "v1");
        if (!transformed.covers(target)) {
            throw unsupported("explain", "The model has no transformer that explains");
        }
        transformed.explain(request, response, target);
    }

    /** What both protocols on these paths say when something is not there. */
    private static Description found(ModelPath path, Supplier<Description> lookup) {
        try {
            return lookup.get();
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            throw new MillraceException(
                    ErrorCode.NOT_FOUND,
                    switch (path.version()) {
                        case VersionRef.Serving() ->
                                "%s Servable not found for request: Latest(%s)"
                                        .formatted(e.text(), path.model());
                        case VersionRef.Numbered(int version) ->
                                "%s Servable not found for request: Specific(%s, %d)"
                                        .formatted(e.text(), path.model(), version);
                        case VersionRef.Alias(String _) -> e.text();
                    },
                    e);
        }
    }

    private Description describe(ServerRequest request, ModelPath path) {
        return found(
                path,
                () -> serving.describe(Requests.project(request), path.model(), path.version()));
    }

    private void status(ServerRequest request, ServerResponse response, ModelPath path) {
        try {
            Description model = describe(request, path);
            Optional<Integer> only =
                    path.version() instanceof VersionRef.Serving()
                            ? Optional.empty()
                            : model.version();
            JsonAnswer.send(response, json -> ModelDocuments.status(json, model, only, ""));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNAVAILABLE) {
                throw e;
            }
            notReady(request, response, path, e);
        }
    }

    /** Known and not ready: the states say more than the error alone. */
    private void notReady(
            ServerRequest request, ServerResponse response, ModelPath path, MillraceException e) {
        Optional<Description> known =
                serving.list(Requests.project(request)).stream()
                        .filter(model -> model.model().equals(path.model()))
                        .findFirst();
        if (known.isEmpty()) {
            throw e;
        }
        HttpErrors.retryLater(response, e.code());
        response.status(HttpErrors.status(e.code()));
        Optional<Integer> only =
                path.version() instanceof VersionRef.Numbered(int version)
                        ? Optional.of(version)
                        : Optional.empty();
        JsonAnswer.send(response, json -> ModelDocuments.status(json, known.get(), only, e.text()));
    }

    private void metadata(ServerRequest request, ServerResponse response, ModelPath path) {
        Description model = describe(request, path);
        JsonAnswer.send(response, json -> ModelDocuments.metadata(json, model));
    }
}
