package io.millrace.app;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds ports nobody listens on, for tests and warm-up runs: none twice, and below those that the
 * system gives to outgoing connections, of which one could take it before the server does.
 */
final class FreePorts {

    private static final int FIRST = 16_000;
    private static final int COUNT = 4_000;

    /** Starts anywhere, so that two processes on one machine rarely meet. */
    private static final AtomicInteger NEXT =
            new AtomicInteger((int) (ProcessHandle.current().pid() * 61 % COUNT));

    /** A port that was free a moment ago. */
    int next() {
        for (int attempt = 0; attempt < COUNT; attempt++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            if (isFree(port)) {
                return port;
            }
        }
        throw MillraceException.internal(
                "no free port between " + FIRST + " and " + (FIRST + COUNT), null);
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
