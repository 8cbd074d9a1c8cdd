package io.millrace.embedded.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at ports before Kafka does: a taken one would be a fatal fault of the broker. */
final class Ports {

    private static final Logger LOG = LoggerFactory.getLogger(Ports.class);

    private static final int FIRST = 30_000;
    private static final int COUNT = 2_000;

    /** Starts anywhere, so that two processes on one machine rarely meet. */
    private static final AtomicInteger NEXT =
            new AtomicInteger((int) (ProcessHandle.current().pid() * 61 % COUNT));

    private Ports() {}

    static void requireFree(String host, int port) {
        try {
            bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    ("port %d on %s is not free for the embedded Kafka (%s). Stop what listens"
                                    + " there, or choose another port")
                            .formatted(port, host, e.getMessage()),
                    e);
        }
    }

    /**
     * A port that nobody listens on: none given before, and below those that the system gives to
     * outgoing connections, of which one could take it before Kafka does.
     */
    static int anyFree() {
        for (int attempt = 0; attempt < COUNT; attempt++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            try {
                return bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (IOException e) {
                LOG.trace("Port {} is taken", port, e);
            }
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                "no free port between %d and %d for the embedded Kafka"
                        .formatted(FIRST, FIRST + COUNT));
    }

    private static int bind(InetSocketAddress address) throws IOException {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
            return socket.getLocalPort();
        }
    }
}
