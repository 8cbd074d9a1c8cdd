package io.millrace.system;

import io.millrace.api.TimeSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;

/** Stands between a server and a broker, and lets bytes through as slowly as it is told. */
final class SlowProxy implements AutoCloseable {

    /** Little, so that what waits does so at the sender. */
    private static final int BUFFER = 8_192;

    private final ServerSocket socket;
    private final int target;
    private volatile int bytesPerSecond;

    private SlowProxy(ServerSocket socket, int target) {
        this.socket = socket;
        this.target = target;
    }

    static SlowProxy start(int target) {
        try {
            var socket = new ServerSocket();
            socket.setReceiveBufferSize(BUFFER);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var proxy = new SlowProxy(socket, target);
            Thread.ofVirtual().name("proxy").start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    /** From now on; 0 is as fast as it goes. */
    void limit(int nextBytesPerSecond) {
        bytesPerSecond = nextBytesPerSecond;
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket near = socket.accept();
                var far = new Socket();
                far.setSendBufferSize(BUFFER);
                far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                Thread.ofVirtual().start(() -> pump(near, far, true));
                Thread.ofVirtual().start(() -> pump(far, near, false));
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void pump(Socket from, Socket to, boolean isSlow) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var buffer = new byte[BUFFER];
            while (true) {
                int limit = isSlow ? bytesPerSecond : 0;
                // A twentieth of a second's worth at once.
                int most = limit == 0 ? BUFFER : Math.clamp(limit / 20, 1, BUFFER);
                int read = in.read(buffer, 0, most);
                if (read < 0) {
                    return;
                }
                out.write(buffer, 0, read);
                if (limit > 0) {
                    TimeSource.system().pause(Duration.ofNanos(1_000_000_000L * read / limit));
                }
            }
        } catch (IOException e) {
            // One side went away; closing both tells the other.
            Faults.tell("a connection through the proxy ended: %s".formatted(e));
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
