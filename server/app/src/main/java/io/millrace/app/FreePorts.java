package io.millrace.app;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Finds ports nobody listens on, for tests and warm-up runs. */
final class FreePorts {

    /** A port that was free a moment ago. */
    int next() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw MillraceException.internal("no free port", new UncheckedIOException(e));
        }
    }
}
