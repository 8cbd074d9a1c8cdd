package io.millrace.inference.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.inference.http.ModelCalls.Target;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerRequest.Form;
import io.millrace.spi.TransformerServing;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Requests for models that have a transformer: their bodies go to user code as they are. */
final class TransformedCalls {

    private static final String CONTENT_TYPE = "content-type";

    /** Of the connection, or no longer true of the body. */
    private static final Set<String> OF_CONNECTION =
            Set.of(
                    "connection",
                    "content-encoding",
                    "content-length",
                    "expect",
                    "http2-settings",
                    "keep-alive",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "proxy-authorization");

    private final ModelCalls calls;
    private final TransformerServing transformers;

    TransformedCalls(ModelCalls calls, TransformerServing transformers) {
        this.calls = calls;
        this.transformers = transformers;
    }

    /** Whether the model has a transformer. */
    boolean covers(Target target) {
        return transformers.covers(target.project(), target.model());
    }

    void v1(ServerRequest request, ServerResponse response, Target target) {
        call(request, response, target, Form.V1);
    }

    void explain(ServerRequest request, ServerResponse response, Target target) {
        call(request, response, target, Form.EXPLAIN);
    }

    void v2(ServerRequest request, ServerResponse response, Target target) {
        call(request, response, target, Form.V2);
    }

    private void call(ServerRequest request, ServerResponse response, Target target, Form form) {
        calls.run(
                request,
                response,
                target,
                call -> {
                    byte[] body = call.body();
                    int jsonLength =
                            form == Form.V2 && request.headers().contains(V2Routes.JSON_LENGTH)
                                    ? V2Routes.jsonLength(request, body.length)
                                    : TransformerRequest.ALL_JSON;
                    Answered answer =
                            call.transform(
                                    new TransformerRequest(
                                            form, false, headers(request), body, jsonLength),
                                    false);
                    send(request, response, answer);
                });
    }

    /** As user code sees them: names in lower case. */
    static Map<String, String> headers(ServerRequest request) {
        var headers = new HashMap<String, String>();
        request.headers()
                .forEach(header -> {
                    String name = header.name().toLowerCase(Locale.ROOT);
                    if (!OF_CONNECTION.contains(name)) {
                        headers.put(
                                name, header.valueCount() == 1 ? header.get() : header.values());
                    }
                });
        return headers;
    }

    static void send(ServerRequest request, ServerResponse response, Answered answer) {
        response.status(Status.create(answer.status()));
        String type = answer.headers().getOrDefault(CONTENT_TYPE, JsonAnswer.TYPE);
        addHeaders(response, answer.headers());
        if (answer.status() == Status.SERVICE_UNAVAILABLE_503.code()) {
            HttpErrors.retryLater(response, io.millrace.api.ErrorCode.UNAVAILABLE);
        }
        boolean isJson = answer.jsonLength() == TransformerRequest.ALL_JSON;
        if (isJson && type.equals(JsonAnswer.TYPE)) {
            JsonAnswer.send(request, response, answer.body());
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, type);
        if (!isJson) {
            response.header(V2Routes.JSON_LENGTH, Integer.toString(answer.jsonLength()));
        }
        response.send(answer.body());
    }

    /** Those that user code gives, but for what the connection says itself. */
    private static void addHeaders(ServerResponse response, Map<String, String> headers) {
        headers.forEach((name, value) -> {
            boolean isPlain = value.chars().noneMatch(c -> c < ' ' || c > 0xff);
            if (!name.equals(CONTENT_TYPE) && !OF_CONNECTION.contains(name) && isPlain) {
                HeaderName header = HeaderNames.create(name);
                response.header(header, value);
            }
        });
    }
}
