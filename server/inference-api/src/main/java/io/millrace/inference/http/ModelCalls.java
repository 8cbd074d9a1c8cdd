package io.millrace.inference.http;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.InferenceSpans;
import io.millrace.inference.protocol.StageDurations;

/**
 * The way of every HTTP protocol to a model: time limits, canary routing, durations, request log.
 */
final class ModelCalls {

    private final InferenceApiConfig config;
    private final InferencePorts ports;
    private final BodyReader bodies;
    private final StageDurations durations;
    private final InferenceSpans spans;

    ModelCalls(InferenceApiConfig config, InferencePorts ports, BodyReader bodies) {
        this.config = config;
        this.ports = ports;
        this.bodies = bodies;
        this.durations = new StageDurations(ports.meters());
        this.spans = new InferenceSpans(ports.tracing(), ports.time());
    }

    /** Which model a request is for, and in which protocol. */
    record Target(ProjectId project, ResourceName model, VersionRef version, String protocol) {}

    /** One protocol's way from a body to an answer that has been sent. */
    @FunctionalInterface
    interface Conversation {
        void hold(ModelCall call);
    }

    /** Has a call answered, and written into the log if that is asked for. */
    void run(
            ServerRequest request,
            ServerResponse response,
            Target target,
            Conversation conversation) {
        var call = new ModelCall(this, request, target);
        try {
            conversation.hold(call);
            call.log(response.status().code(), call.error());
            call.trace(call.error());
        } catch (MillraceException e) {
            call.log(HttpErrors.status(e.code()).code(), e.text());
            call.trace(e.code() + ": " + e.text());
            throw e;
        } catch (RuntimeException e) {
            call.log(500, e.toString());
            call.trace(e.toString());
            throw e;
        }
    }

    InferenceApiConfig config() {
        return config;
    }

    InferencePorts ports() {
        return ports;
    }

    InferenceSpans spans() {
        return spans;
    }

    byte[] body(ServerRequest request) {
        return bodies.read(request);
    }

    /** Asked only for models that exist: names that callers invent get no series. */
    StageDurations.Stages durations(Target target) {
        return durations.of(target.project(), target.model());
    }
}
