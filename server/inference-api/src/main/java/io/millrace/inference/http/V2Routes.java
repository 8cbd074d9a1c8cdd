package io.millrace.inference.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.codec.json.OpenInferenceAnswer;
import io.millrace.codec.json.OpenInferenceJson;
import io.millrace.codec.json.OpenInferenceRequest;
import io.millrace.codec.json.OpenInferenceResult;
import io.millrace.inference.SignatureChoice;
import io.millrace.inference.http.ModelCalls.Target;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.spi.ModelServing.Answer;
import io.millrace.spi.ModelServing.Description;

/**
 * The Open Inference Protocol (V2) with binary tensors.
 *
 * <pre>
 *   GET  /v2                                          the server
 *   GET  /v2/health/live, /v2/health/ready
 *   GET  /v2/models                                   names
 *   GET  /v2/models/{m}[/versions/{v}][/ready]        signature, readiness; v is a number or alias
 *   POST /v2/models/{m}[/versions/{v}]/infer
 * </pre>
 */
final class V2Routes {

    /** Bytes of JSON ahead of the binary tensors. */
    static final HeaderName JSON_LENGTH = HeaderNames.create("Inference-Header-Content-Length");

    private static final String ROOT = "/v2";
    private static final String BINARY = "application/octet-stream";

    private final InferencePorts ports;
    private final ModelCalls calls;
    private final TransformedCalls transformed;
    private final RequestLogRoutes log;

    V2Routes(
            InferencePorts ports,
            ModelCalls calls,
            TransformedCalls transformed,
            RequestLogRoutes log) {
        this.ports = ports;
        this.calls = calls;
        this.transformed = transformed;
        this.log = log;
    }

    void register(HttpRules rules, String prefix) {
        String root = prefix + ROOT;
        rules.any(root, HttpErrors.guarded(this::server))
                .any(root + "/health/live", HttpErrors.guarded(this::live))
                .any(root + "/health/ready", HttpErrors.guarded(this::ready))
                .any(root + "/models", HttpErrors.guarded(this::list));
        TailPath.register(rules, prefix, ROOT + "/models", this::model);
        rules.any(
                root + "/{+rest}",
                HttpErrors.guarded((request, _) -> {
                    throw MillraceException.notFound(
                            "There is nothing at " + request.path().path());
                }));
    }

    private void server(ServerRequest request, ServerResponse response) {
        if (Requests.takes(request, response, "GET")) {
            JsonAnswer.send(response, V2Documents::server);
        }
    }

    private void live(ServerRequest request, ServerResponse response) {
        if (Requests.takes(request, response, "GET")) {
            JsonAnswer.send(
                    response,
                    json -> {
                        json.writeStartObject();
                        json.writeBooleanProperty("live", true);
                        json.writeEndObject();
                    });
        }
    }

    private void ready(ServerRequest request, ServerResponse response) {
        if (!Requests.takes(request, response, "GET")) {
            return;
        }
        if (!ports.isReady().getAsBoolean()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "Server is not ready.");
        }
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeBooleanProperty("ready", true);
                    json.writeBooleanProperty("live", true);
                    json.writeEndObject();
                });
    }

    private void list(ServerRequest request, ServerResponse response) {
        if (Requests.takes(request, response, "GET")) {
            var models = ports.serving().list(Requests.project(request));
            JsonAnswer.send(response, json -> ModelDocuments.names(json, models));
        }
    }

    private void model(ServerRequest request, ServerResponse response, String tail) {
        V2Path path = V2Path.parse(tail);
        switch (path.verb()) {
            case "infer" -> {
                if (Requests.takes(request, response, "POST")) {
                    infer(request, response, path);
                }
            }
            case "ready" -> {
                if (Requests.takes(request, response, "GET")) {
                    modelReady(request, response, path);
                }
            }
            case "requests" -> log.handle(request, response, path.model());
            default -> {
                if (Requests.takes(request, response, "GET")) {
                    Description model = describe(request, path);
                    JsonAnswer.send(response, json -> V2Documents.model(json, model));
                }
            }
        }
    }

    private Description describe(ServerRequest request, V2Path path) {
        return ports.serving().describe(Requests.project(request), path.model(), path.version());
    }

    private void modelReady(ServerRequest request, ServerResponse response, V2Path path) {
        String problem = "";
        try {
            describe(request, path);
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.UNAVAILABLE) {
                throw e;
            }
            problem = e.text();
            HttpErrors.retryLater(response, e.code());
            response.status(Status.SERVICE_UNAVAILABLE_503);
        }
        readiness(response, path, problem);
    }

    private static void readiness(ServerResponse response, V2Path path, String problem) {
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("name", path.model().value());
                    json.writeBooleanProperty("ready", problem.isEmpty());
                    if (!problem.isEmpty()) {
                        json.writeStringProperty("error", problem);
                    }
                    json.writeEndObject();
                });
    }

    private void infer(ServerRequest request, ServerResponse response, V2Path path) {
        var target = new Target(Requests.project(request), path.model(), path.version(), "v2");
        if (transformed.covers(target)) {
            transformed.v2(request, response, target);
            return;
        }
        calls.run(
                request,
                response,
                target,
                call -> {
                    byte[] body = call.body();
                    Description model = call.describe();
                    OpenInferenceRequest parsed =
                            OpenInferenceJson.read(
                                    body,
                                    jsonLength(request, body.length),
                                    name -> SignatureChoice.choose(model.signatures(), name));
                    String id = parsed.id().isEmpty() ? ports.ids().next() : parsed.id();
                    call.id(id);
                    Answer answer =
                            call.infer(parsed.signature(), parsed.inputs(), parsed.timeoutMicros());
                    OpenInferenceAnswer written =
                            OpenInferenceJson.write(
                                    new OpenInferenceResult(
                                            path.model().value(),
                                            answer.version(),
                                            id,
                                            answer.signature(),
                                            answer.outputs()),
                                    parsed.outputs());
                    call.written(written.body().length);
                    send(request, response, written);
                });
    }

    private static void send(
            ServerRequest request, ServerResponse response, OpenInferenceAnswer answer) {
        if (!answer.isBinary()) {
            JsonAnswer.send(request, response, answer.body());
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, BINARY);
        response.header(JSON_LENGTH, Integer.toString(answer.jsonLength()));
        response.send(answer.body());
    }

    /** How much of the body is JSON: all of it unless a header says less. */
    static int jsonLength(ServerRequest request, int bodyLength) {
        if (!request.headers().contains(JSON_LENGTH)) {
            return bodyLength;
        }
        String text = request.headers().get(JSON_LENGTH).get().strip();
        try {
            int length = Integer.parseInt(text);
            if (length >= 0 && length <= bodyLength) {
                return length;
            }
        } catch (NumberFormatException e) {
            throw new MillraceException(ErrorCode.INVALID, wrongLength(text, bodyLength), e);
        }
        throw MillraceException.invalid(wrongLength(text, bodyLength));
    }

    private static String wrongLength(String text, int bodyLength) {
        return "the header %s must be a number of bytes, at most the %d of the body, got '%s'"
                .formatted(
                        JSON_LENGTH.defaultCase(),
                        bodyLength,
                        text.length() > 40 ? text.substring(0, 40) + "…" : text);
    }
}
