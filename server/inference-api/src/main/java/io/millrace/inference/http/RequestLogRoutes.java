package io.millrace.inference.http;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.LoggedCall;
import io.millrace.inference.protocol.RequestLog.NumberedCall;
import io.millrace.inference.protocol.RequestLog.Reading;
import io.millrace.inference.protocol.RequestLog.Settings;
import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * Calls of a model on demand.
 *
 * <pre>
 *   PUT    /v2/models/{m}/requests   {"seconds": 600, "sample_every": 1, "payload_bytes": 0, "capacity": 1000}
 *   GET    /v2/models/{m}/requests[?after=NUMBER]
 *   DELETE /v2/models/{m}/requests
 * </pre>
 */
final class RequestLogRoutes {

    private static final Set<String> KEYS =
            Set.of("seconds", "sample_every", "payload_bytes", "capacity");

    private final InferencePorts ports;
    private final BodyReader bodies;

    RequestLogRoutes(InferencePorts ports, BodyReader bodies) {
        this.ports = ports;
        this.bodies = bodies;
    }

    void handle(ServerRequest request, ServerResponse response, ResourceName model) {
        ProjectId project = Requests.project(request);
        ports.serving().stickyHeader(project, model); // refuses models that do not exist
        switch (request.prologue().method().text()) {
            case "GET", "HEAD" -> send(response, project, model, after(request));
            case "PUT" -> {
                ports.log().enable(project, model, settings(bodies.read(request)));
                send(response, project, model, -1);
            }
            case "DELETE" -> {
                ports.log().disable(project, model);
                send(response, project, model, -1);
            }
            default -> Requests.notAllowed(response, "GET, PUT, DELETE");
        }
    }

    private static long after(ServerRequest request) {
        String text = request.query().first("after").orElse("-1");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new MillraceException(ErrorCode.INVALID, "'after' takes the number of a call", e);
        }
    }

    private Settings settings(byte[] body) {
        JsonNode asked = SmallJson.object(body);
        asked.propertyNames()
                .forEach(key -> {
                    if (!KEYS.contains(key)) {
                        throw MillraceException.invalid(
                                "unknown key '%s'; a request log takes %s"
                                        .formatted(key, KEYS.stream().sorted().toList()));
                    }
                });
        return new Settings(
                ports.time().now().plusSeconds(number(asked, "seconds", 600)),
                number(asked, "sample_every", 1),
                number(asked, "payload_bytes", 0),
                number(asked, "capacity", 1000));
    }

    private static int number(JsonNode asked, String key, int otherwise) {
        JsonNode value = asked.path(key);
        if (value.isMissingNode()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw MillraceException.invalid("'" + key + "' must be a whole number");
        }
        return value.intValue();
    }

    private void send(ServerResponse response, ProjectId project, ResourceName model, long after) {
        var reading = ports.log().read(project, model, after);
        JsonAnswer.send(
                response,
                json -> {
                    json.writeStartObject();
                    json.writeStringProperty("name", model.value());
                    json.writeBooleanProperty(
                            "enabled", reading.isPresent() && reading.get().isOn());
                    reading.ifPresent(found -> write(json, found));
                    json.writeEndObject();
                });
    }

    private static void write(JsonGenerator json, Reading reading) {
        json.writeStringProperty("until", reading.settings().until().toString());
        json.writeNumberProperty("sample_every", reading.settings().sampleEvery());
        json.writeNumberProperty("payload_bytes", reading.settings().payloadBytes());
        json.writeNumberProperty("capacity", reading.settings().capacity());
        json.writeNumberProperty("overwritten", reading.overwritten());
        json.writeNumberProperty("sampled_out", reading.sampledOut());
        json.writeArrayPropertyStart("requests");
        for (NumberedCall numbered : reading.calls()) {
            write(json, numbered);
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, NumberedCall numbered) {
        LoggedCall call = numbered.call();
        json.writeStartObject();
        json.writeNumberProperty("number", numbered.number());
        json.writeStringProperty("time", call.time().toString());
        json.writeStringProperty("id", call.id());
        json.writeStringProperty("protocol", call.protocol());
        json.writeNumberProperty("version", call.version());
        json.writeNumberProperty("status", call.status());
        if (!call.error().isEmpty()) {
            json.writeStringProperty("error", call.error());
        }
        json.writeNumberProperty("latency_us", call.latency().toNanos() / 1000);
        json.writeNumberProperty("request_bytes", call.requestBytes());
        json.writeNumberProperty("answer_bytes", call.answerBytes());
        if (!call.payload().isEmpty()) {
            json.writeStringProperty("payload", call.payload());
        }
        json.writeEndObject();
    }
}
