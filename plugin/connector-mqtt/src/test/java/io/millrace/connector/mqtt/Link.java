package io.millrace.connector.mqtt;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A network between a client and a broker that can be cut, fall silent, or refuse MQTT 5. */
final class Link implements AutoCloseable {

    /** What happens to a client that wants to speak MQTT 5. */
    enum Five {
        FORWARDED,
        REFUSED_IN_ITS_WORDS,
        REFUSED_IN_OLD_WORDS,
        CLOSED
    }

    private final ServerSocket server;
    private final int target;
    private final Five five;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile boolean isSilent;
    private volatile boolean isDown;
    private volatile String deadly = "";

    Link(int target) {
        this(target, Five.FORWARDED);
    }

    Link(int target, Five five) {
        this.target = target;
        this.five = five;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** How many connections came. */
    int accepted() {
        return accepted.get();
    }

    /** Breaks all connections; new ones go through. */
    void cut() {
        open.forEach(Link::closeQuietly);
        open.clear();
    }

    /** From now on connections are closed at once. */
    void down() {
        isDown = true;
        cut();
    }

    void up() {
        isDown = false;
    }

    /** Ends each connection on which a client says that. */
    void endOn(String words) {
        deadly = words;
    }

    /** What is under way goes nowhere, and nobody is told: a half-open connection. */
    void fallSilent() {
        isSilent = true;
    }

    /** Only for new connections. */
    void speakAgain() {
        open.clear();
        isSilent = false;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                accepted.incrementAndGet();
                if (isDown) {
                    client.close();
                    continue;
                }
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException _) {
                // Closed, or a client that went at once.
            }
        }
    }

    private void serve(Socket client) {
        open.add(client);
        try (client;
                var broker = new Socket(InetAddress.getLoopbackAddress(), target)) {
            open.add(broker);
            byte[] first = new byte[4096];
            int length = client.getInputStream().read(first);
            if (length < 0 || isRefused(first, client.getOutputStream())) {
                return;
            }
            broker.getOutputStream().write(first, 0, length);
            var back = Thread.ofVirtual().start(() -> pump(broker, client, false));
            pump(client, broker, true);
            back.interrupt();
        } catch (IOException _) {
            // One side went: so does the other.
        }
    }

    /** Byte 8 of a CONNECT packet with a one byte length is the version. */
    private boolean isRefused(byte[] connect, OutputStream out) throws IOException {
        int name = (connect[1] & 0x80) == 0 ? 2 : 3;
        if (five == Five.FORWARDED || connect[name + 6] != 5) {
            return false;
        }
        if (five == Five.REFUSED_IN_ITS_WORDS) {
            out.write(new byte[] {0x20, 3, 0, (byte) 0x84, 0});
        } else if (five == Five.REFUSED_IN_OLD_WORDS) {
            out.write(new byte[] {0x20, 2, 0, 1});
        }
        out.flush();
        return true;
    }

    private boolean isDeadly(byte[] bytes, int length) {
        String words = deadly;
        return !words.isEmpty()
                && new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains(words);
    }

    private void pump(Socket from, Socket to, boolean isClient) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var buffer = new byte[16 * 1024];
            boolean wasSilent = false;
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                wasSilent |= isSilent;
                if (isClient && isDeadly(buffer, n)) {
                    return;
                }
                if (!wasSilent) {
                    out.write(buffer, 0, n);
                    out.flush();
                }
            }
        } catch (IOException _) {
            // One side went: so does the other.
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        cut();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
