package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Posts JSON over keep-alive connections, HTTP/1.1 on bare sockets, so that the client takes as
 * little from the server's processors as can be.
 */
final class HttpLoad extends Load {

    private static final int BUFFER = 64 * 1024;
    private static final String LENGTH = "content-length:";

    private final int port;
    private final byte[] request;

    HttpLoad(int port, String path, byte[] body) {
        this.port = port;
        byte[] head =
                ("POST "
                                + path
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                                + "\r\nContent-Length: "
                                + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
    }

    @Override
    Caller connect() throws IOException {
        return new Connection(new Socket(InetAddress.getLoopbackAddress(), port), request);
    }

    /** One request at a time. */
    private static final class Connection implements Caller {

        private final Socket socket;
        private final OutputStream out;
        private final InputStream in;
        private final byte[] request;
        private final byte[] buffer = new byte[BUFFER];
        private int bodyStart;

        Connection(Socket socket, byte[] request) throws IOException {
            socket.setTcpNoDelay(true);
            this.socket = socket;
            this.out = socket.getOutputStream();
            this.in = socket.getInputStream();
            this.request = request;
        }

        /** The answer must be a prediction and nothing after it. */
        @Override
        public int call() throws IOException {
            out.write(request);
            int length = 0;
            int whole = -1;
            while (whole < 0 || length < whole) {
                int n = in.read(buffer, length, buffer.length - length);
                if (n < 0) {
                    throw new IOException("the server closed the connection");
                }
                length += n;
                if (whole < 0) {
                    whole = wholeLength(length);
                }
            }
            int hash = 0;
            for (int i = bodyStart; i < length; i++) {
                hash = 31 * hash + buffer[i];
            }
            return hash;
        }

        /** Length of head and body, or -1 as long as the head is not complete. */
        private int wholeLength(int length) {
            for (int i = 3; i < length; i++) {
                if (buffer[i] == '\n' && buffer[i - 2] == '\n') {
                    bodyStart = i + 1;
                    String head = new String(buffer, 0, bodyStart, StandardCharsets.ISO_8859_1);
                    int field = head.toLowerCase(Locale.ROOT).indexOf(LENGTH);
                    if (!head.startsWith("HTTP/1.1 200") || field < 0) {
                        throw MillraceException.internal(
                                "not answered well: "
                                        + new String(buffer, 0, length, StandardCharsets.UTF_8),
                                null);
                    }
                    int from = field + LENGTH.length();
                    int to = head.indexOf('\r', from);
                    return bodyStart + Integer.parseInt(head.substring(from, to).strip());
                }
            }
            return -1;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
