package io.millrace.events;

import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.api.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * The listener of its own, for stores that post to {@code /} or wherever: construct, start, close;
 * once. The paths of the main port are there too.
 */
public final class EventsListener implements AutoCloseable {

    private final EventsConfig config;
    private final EventReceiver receiver;
    private final Filter guard;
    private @Nullable WebServer server;

    /**
     * Makes the listener.
     *
     * @param guard looks at each request first, such as whether a web page of another site sent it
     */
    public EventsListener(EventsConfig config, EventReceiver receiver, Filter guard) {
        this.config = config;
        this.receiver = receiver;
        this.guard = guard;
    }

    /** Listens. */
    public void start() {
        var builder =
                WebServer.builder()
                        .host(config.bind())
                        .port(config.port())
                        .shutdownHook(false)
                        .connectionOptions(options -> options.tcpNoDelay(true))
                        .addRouting(
                                HttpRouting.builder()
                                        .addFilter(guard)
                                        .register(new EventRoutes(receiver))
                                        .any(receiver::serveAnyPath));
        config.tls()
                .ifPresent(context ->
                        builder.tls(
                                Tls.builder()
                                        .sslContext(context)
                                        .clientAuth(TlsClientAuth.OPTIONAL)
                                        .build()));
        WebServer started = builder.build();
        started.start();
        server = started;
    }

    /** Where it listens. */
    public int port() {
        WebServer current = server;
        if (current == null) {
            throw MillraceException.internal("the listener of events was not started", null);
        }
        return current.port();
    }

    @Override
    public void close() {
        WebServer current = server;
        if (current != null) {
            current.stop();
        }
    }
}
