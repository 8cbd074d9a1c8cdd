package io.millrace.kafkaml;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.websocket.WsRouting;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves Kafka-ML's interface on a port of its own, at the root and below {@code /api}: construct,
 * start, close; once.
 */
public final class KafkaMlServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaMlServer.class);
    private static final String[] SOCKETS = {"/ws/", "/ws", "/api/ws/", "/api/ws"};
    private static final int MAX_BODY = 4 << 20;

    private final KafkaMlConfig config;
    private final KafkaMlPorts ports;
    private final Filter guard;
    private final CallerRule callers;
    private @Nullable WebServer server;

    /**
     * Makes the interface.
     *
     * @param guard looks at each request first, such as whether a web page of another site sent it
     * @param callers the same for WebSockets, which no filter sees
     */
    public KafkaMlServer(
            KafkaMlConfig config, KafkaMlPorts ports, Filter guard, CallerRule callers) {
        this.config = config;
        this.ports = ports;
        this.guard = guard;
        this.callers = callers;
    }

    /**
     * Listens.
     *
     * @throws MillraceException {@code INTERNAL} when its ledger is damaged
     */
    public void start() {
        var calls = new Calls(config, ports, Ledger.open(config.ledger()));
        WsRouting.Builder sockets = WsRouting.builder();
        for (String path : SOCKETS) {
            sockets.endpoint(path, () -> new PredictionSocket(ports.log(), callers));
        }
        WebServer started =
                WebServer.builder()
                        .host(config.bind())
                        .port(config.port())
                        .shutdownHook(false)
                        .maxPayloadSize(MAX_BODY)
                        .addRouting(
                                HttpRouting.builder()
                                        .addFilter(guard)
                                        .any((request, response) ->
                                                serve(calls, request, response)))
                        .addRouting(sockets)
                        .build();
        started.start();
        server = started;
    }

    /** Where it listens. */
    public int port() {
        WebServer current = server;
        if (current == null) {
            throw MillraceException.internal("this interface was not started", null);
        }
        return current.port();
    }

    private static void serve(Calls calls, ServerRequest request, ServerResponse response) {
        Answer answer;
        try {
            byte[] body =
                    request.content().hasEntity()
                            ? request.content().as(byte[].class)
                            : new byte[0];
            answer = calls.answer(request.prologue().method().text(), request.path().path(), body);
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.INTERNAL) {
                LOG.warn("{} {} failed", request.prologue().method(), request.path(), e);
            }
            answer = Answer.text(status(e.code()), e.text());
        }
        send(answer, response);
    }

    /** Clients know 400 with a text, and nothing else that is their own fault. */
    private static int status(ErrorCode code) {
        return switch (code) {
            case INVALID, NOT_FOUND, CONFLICT, DENIED, TOO_LARGE, UNSUPPORTED, USER_CODE -> 400;
            case OVERLOADED, UNAVAILABLE, TIMEOUT -> 503;
            case INTERNAL -> 500;
        };
    }

    private static void send(Answer answer, ServerResponse response) {
        switch (answer) {
            case Answer.Bytes(int status, String type, byte[] content) -> {
                response.status(Status.create(status));
                if (!type.isEmpty()) {
                    response.header(HeaderNames.CONTENT_TYPE, type);
                }
                response.send(content);
            }
            case Answer.Download(var file, String type, var headers) -> {
                response.header(HeaderNames.CONTENT_TYPE, type);
                headers.forEach((name, value) -> response.header(HeaderNames.create(name), value));
                try (InputStream in = Files.newInputStream(file);
                        OutputStream out = response.outputStream()) {
                    in.transferTo(out);
                } catch (IOException e) {
                    throw MillraceException.internal("the file " + file + " cannot be sent", e);
                }
            }
        }
    }

    @Override
    public void close() {
        WebServer current = server;
        if (current != null) {
            current.stop();
        }
    }
}
