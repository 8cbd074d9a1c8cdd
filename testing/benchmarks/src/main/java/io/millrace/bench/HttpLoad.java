package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * One request again and again over keep-alive connections, HTTP/1.1 on bare sockets, so that the
 * client takes as little from the server's processors as can be.
 */
final class HttpLoad {

    private static final int BUFFER = 64 * 1024;

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

    /**
     * What came of a run.
     *
     * @param latency in nanoseconds, from when the request was due
     */
    record Result(long answered, double seconds, Histogram latency) {
        double perSecond() {
            return answered / seconds;
        }
    }

    /**
     * Runs for a while.
     *
     * @param perSecond of all connections together; 0 for as many as go
     */
    Result run(int connections, double perSecond, double seconds)
            throws IOException, InterruptedException {
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        var runs = new ArrayList<Callable<Histogram>>();
        for (int i = 0; i < connections; i++) {
            long step = perSecond == 0 ? 0 : (long) (1e9 * connections / perSecond);
            long first = begin + step * i / connections;
            runs.add(() -> connection(first, step, end));
        }
        var all = new Histogram(3);
        try (var threads = Executors.newFixedThreadPool(connections)) {
            for (Future<Histogram> run : threads.invokeAll(runs)) {
                all.add(run.get());
            }
        } catch (ExecutionException e) {
            throw new IOException("a connection failed", e);
        }
        return new Result(all.getTotalCount(), (System.nanoTime() - begin) / 1e9, all);
    }

    private Histogram connection(long first, long step, long end) throws IOException {
        var latency = new Histogram(3);
        byte[] buffer = new byte[BUFFER];
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            for (long due = first; due < end; ) {
                while (step > 0 && System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                out.write(request);
                readAnswer(in, buffer);
                long now = System.nanoTime();
                latency.recordValue(now - due);
                due = step == 0 ? now : due + step;
            }
        }
        return latency;
    }

    /** Reads one answer, which must be a prediction and nothing after it. */
    private static void readAnswer(InputStream in, byte[] buffer) throws IOException {
        int length = 0;
        int whole = -1;
        while (whole < 0 || length < whole) {
            int n = in.read(buffer, length, buffer.length - length);
            if (n < 0) {
                throw new IOException("the server closed the connection");
            }
            length += n;
            if (whole < 0) {
                whole = wholeLength(buffer, length);
            }
        }
    }

    /** Length of head and body, or -1 as long as the head is not complete. */
    private static int wholeLength(byte[] buffer, int length) {
        for (int i = 3; i < length; i++) {
            if (buffer[i] == '\n' && buffer[i - 2] == '\n') {
                String head = new String(buffer, 0, i + 1, StandardCharsets.ISO_8859_1);
                int field = head.toLowerCase(java.util.Locale.ROOT).indexOf("content-length:");
                if (!head.startsWith("HTTP/1.1 200") || field < 0) {
                    throw MillraceException.internal(
                            "not answered well: "
                                    + new String(buffer, 0, length, StandardCharsets.UTF_8),
                            null);
                }
                int from = field + "content-length:".length();
                int to = head.indexOf('\r', from);
                return i + 1 + Integer.parseInt(head.substring(from, to).strip());
            }
        }
        return -1;
    }
}
