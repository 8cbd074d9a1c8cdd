package io.millrace.app;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http2.Http2Config;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** The one HTTP port. */
final class HttpFace implements AutoCloseable {

    private static final int HTTP2_WINDOW = 4 << 20;
    private static final int HTTP2_FRAME = 1 << 20;
    private static final int HTTP2_STREAMS = 1000;

    private final ServerConfig.Endpoint endpoint;
    private final WebServer server;

    HttpFace(ServerConfig.Endpoint endpoint, HttpRouting.Builder routing) {
        this.endpoint = endpoint;
        this.server =
                WebServer.builder()
                        .host(endpoint.bind())
                        .port(endpoint.port())
                        .shutdownHook(false)
                        // Worth eight times the throughput where answers are small.
                        .connectionOptions(options -> options.tcpNoDelay(true))
                        .addProtocol(
                                Http2Config.builder()
                                        .initialWindowSize(HTTP2_WINDOW)
                                        .maxFrameSize(HTTP2_FRAME)
                                        .maxConcurrentStreams(HTTP2_STREAMS)
                                        .build())
                        .addRouting(routing)
                        .build();
    }

    /**
     * Listens.
     *
     * @throws MillraceException {@code CONFLICT} when the port is taken
     */
    void start() {
        checkPort();
        server.start();
    }

    private void checkPort() {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(endpoint.bind(), endpoint.port()));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "cannot listen for HTTP on %s:%d: %s; stop what uses the port, or choose another with %s or --port-base"
                            .formatted(
                                    endpoint.bind(),
                                    endpoint.port(),
                                    e.getMessage(),
                                    ConfigKey.HTTP_PORT.flag()),
                    e);
        }
    }

    @Override
    public void close() {
        server.stop();
    }
}
