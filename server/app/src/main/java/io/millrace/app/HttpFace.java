package io.millrace.app;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http2.Http2Config;
import io.millrace.inference.grpc.GrpcInference;
import io.millrace.inference.http.EncodedBodies;
import java.net.StandardSocketOptions;

/** The one port: HTTP/1.1, HTTP/2 and gRPC. */
final class HttpFace implements AutoCloseable {

    private static final int RECEIVE_BUFFER = 1 << 20;
    private static final int HTTP2_WINDOW = 4 << 20;
    private static final int HTTP2_FRAME = 1 << 20;
    private static final int HTTP2_STREAMS = 1000;

    private final WebServer server;

    /**
     * Makes the face.
     *
     * @param grpc on the same port; browsers cannot speak it, so it needs no {@link CallerCheck}
     */
    HttpFace(ServerConfig.Endpoint endpoint, HttpRouting.Builder routing, GrpcInference grpc) {
        Http2Config http2 =
                Http2Config.builder()
                        .initialWindowSize(HTTP2_WINDOW)
                        .maxFrameSize(HTTP2_FRAME)
                        .maxConcurrentStreams(HTTP2_STREAMS)
                        .build();
        this.server =
                WebServer.builder()
                        .host(endpoint.bind())
                        .port(endpoint.port())
                        .shutdownHook(false)
                        .contentEncoding(EncodedBodies.leftToRoutes())
                        // Worth eight times the throughput where answers are small.
                        .connectionOptions(options -> options.tcpNoDelay(true))
                        // Helidon's own 4 KiB would cut every request into packets of 4 KiB, each
                        // acknowledged by itself: most of the cost of a request of 100 KB.
                        .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER)
                        .addConnectionSelector(grpc.connections(http2))
                        .addProtocol(http2)
                        .addRouting(
                                routing.addFilter(new CallerCheck(endpoint))
                                        .any(HttpFace::notFound))
                        .build();
    }

    /** Clients of the inference protocols read every answer as JSON, also this one. */
    private static void notFound(ServerRequest request, ServerResponse response) {
        response.status(Status.NOT_FOUND_404)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .send("{\"error\":\"there is nothing at this path; see /api/v1/openapi.json\"}");
    }

    /** Listens. */
    void start() {
        server.start();
    }

    @Override
    public void close() {
        server.stop();
    }
}
