package io.millrace.embedded.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Looks at ports before Kafka does: a taken one would be a fatal fault of the broker. */
final class Ports {

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

    static int anyFree() {
        try {
            return bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "no free port for the embedded Kafka: " + e, e);
        }
    }

    private static int bind(InetSocketAddress address) throws IOException {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
            return socket.getLocalPort();
        }
    }
}
