package io.millrace.inference.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TransformerSpec.Reply;
import io.millrace.codec.json.GraphJson;
import io.millrace.codec.objects.CloudEvent;
import io.millrace.codec.objects.CloudEvents;
import io.millrace.inference.http.ModelCalls.Target;
import io.millrace.inference.protocol.InferencePorts;
import io.millrace.inference.protocol.StatusNumbers;
import io.millrace.spi.Header;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerRequest.Form;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Requests that come as CloudEvents, in any of the three modes: their data is the request. Senders
 * of events try again on some statuses and, while they do, hold back what follows; so errors that
 * will not pass never have one of those.
 */
final class EventCalls {

    private static final HeaderName VERSION = HeaderNames.create("ce-specversion");
    private static final String FORMATS = "application/cloudevents";
    private static final String CONTENT_TYPE = "content-type";
    private static final String PREFIX = "ce-";
    private static final String REPLY_TYPE = "io.kserve.inference.response";
    private static final String REPLY_SOURCE = "io.kserve.inference.";
    private static final int UNPROCESSABLE = 422;

    private final ModelCalls calls;
    private final boolean isBare;

    /**
     * Makes the way of events to models.
     *
     * @param isBare whether they go to models without their transformers
     */
    EventCalls(ModelCalls calls, boolean isBare) {
        this.calls = calls;
        this.isBare = isBare;
    }

    static boolean isEvent(ServerRequest request) {
        return request.headers().contains(VERSION)
                || (request.headers().contains(HeaderNames.CONTENT_TYPE)
                        && request.headers()
                                .get(HeaderNames.CONTENT_TYPE)
                                .get()
                                .regionMatches(true, 0, FORMATS, 0, FORMATS.length()));
    }

    void answer(ServerRequest request, ServerResponse response, Target target) {
        calls.run(
                request,
                response,
                target,
                call -> {
                    try {
                        answer(request, response, target, call);
                    } catch (MillraceException e) {
                        refuse(response, call, statusOf(e.code()), e.text());
                    }
                });
    }

    private void answer(
            ServerRequest request, ServerResponse response, Target target, ModelCall call) {
        Map<String, String> headers = TransformedCalls.headers(request);
        byte[] body = call.body();
        List<Header> named = named(headers);
        boolean isBatch = CloudEvents.modeOf(named) == CloudEvents.Mode.BATCHED;
        var answers = new ArrayList<Answered>();
        for (CloudEvent event : CloudEvents.read(named, body)) {
            Answered answer =
                    call.transform(
                            new TransformerRequest(
                                    Form.V1,
                                    true,
                                    with(event, headers),
                                    event.data(),
                                    TransformerRequest.ALL_JSON),
                            isBare);
            if (!answer.isSuccess()) {
                String text = GraphJson.errorIn(answer.body());
                refuse(
                        response,
                        call,
                        statusOf(answer.status()),
                        isBatch ? "event %s: %s".formatted(event.id(), text) : text);
                return;
            }
            answers.add(answer);
        }
        boolean isReply =
                calls.ports().transformers().replyTo(target.project(), target.model())
                        == Reply.EVENT;
        if (isBatch) {
            sendAll(response, target, answers, isReply);
        } else {
            send(request, response, target, answers.getFirst(), isReply);
        }
    }

    private static List<Header> named(Map<String, String> headers) {
        var named = new ArrayList<Header>();
        headers.forEach((name, value) -> named.add(Header.of(name, value)));
        return named;
    }

    /** What user code sees: the attributes as in binary mode, however the event came. */
    private static Map<String, String> with(CloudEvent event, Map<String, String> headers) {
        var all = new HashMap<String, String>(headers);
        all.remove(CONTENT_TYPE);
        event.contentType().ifPresent(type -> all.put(CONTENT_TYPE, type));
        all.put(PREFIX + "specversion", event.specVersion());
        all.put(PREFIX + "id", event.id());
        all.put(PREFIX + "source", event.source());
        all.put(PREFIX + "type", event.type());
        event.subject().ifPresent(subject -> all.put(PREFIX + "subject", subject));
        event.time().ifPresent(time -> all.put(PREFIX + "time", time.toString()));
        event.extensions().forEach((name, value) -> all.put(PREFIX + name, value));
        return all;
    }

    /** A status that makes senders try again only where that may help. */
    private static int statusOf(ErrorCode code) {
        return switch (code) {
            case UNSUPPORTED, USER_CODE, CONFLICT -> UNPROCESSABLE;
            // A model that is not there yet may be soon.
            case NOT_FOUND,
                    INVALID,
                    DENIED,
                    TOO_LARGE,
                    OVERLOADED,
                    UNAVAILABLE,
                    TIMEOUT,
                    INTERNAL ->
                    StatusNumbers.of(code);
        };
    }

    /** The same for what user code or the model said. */
    private static int statusOf(int status) {
        return switch (status) {
            case 404, 409, 500, 501 -> UNPROCESSABLE;
            default -> status;
        };
    }

    private static void refuse(ServerResponse response, ModelCall call, int status, String text) {
        call.failed(text);
        if (status == Status.SERVICE_UNAVAILABLE_503.code()) {
            HttpErrors.retryLater(response, ErrorCode.UNAVAILABLE);
        }
        HttpErrors.send(response, Status.create(status), text);
    }

    private void send(
            ServerRequest request,
            ServerResponse response,
            Target target,
            Answered answer,
            boolean isReply) {
        if (!isReply) {
            TransformedCalls.send(request, response, answer);
            return;
        }
        var headers = new HashMap<String, String>();
        for (Header header : CloudEvents.binaryHeaders(reply(target, answer))) {
            headers.put(header.name(), header.text());
        }
        headers.putAll(answer.headers()); // what user code says itself counts
        TransformedCalls.send(
                request,
                response,
                new Answered(
                        answer.status(),
                        headers,
                        answer.body(),
                        answer.jsonLength(),
                        answer.stages()));
    }

    private void sendAll(
            ServerResponse response, Target target, List<Answered> answers, boolean isReply) {
        var body = new ByteArrayOutputStream();
        body.write('[');
        for (int i = 0; i < answers.size(); i++) {
            if (i > 0) {
                body.write(',');
            }
            Answered answer = answers.get(i);
            body.writeBytes(isReply ? CloudEvents.write(reply(target, answer)) : answer.body());
        }
        body.write(']');
        response.header(
                HeaderNames.CONTENT_TYPE, isReply ? CloudEvents.BATCHED_TYPE : JsonAnswer.TYPE);
        response.send(body.toByteArray());
    }

    private CloudEvent reply(Target target, Answered answer) {
        InferencePorts ports = calls.ports();
        return new CloudEvent(
                ports.ids().next(),
                REPLY_SOURCE + target.model(),
                REPLY_TYPE,
                Optional.of(ports.time().now()),
                answer.headers().getOrDefault(CONTENT_TYPE, JsonAnswer.TYPE),
                answer.body());
    }
}
