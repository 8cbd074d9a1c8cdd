package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real server in a process of its own, started by the launcher's own command line. */
final class ServerUnderTest implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);

    private final Process process;
    private final Ports ports;
    private final HttpClient http;
    private final double readySeconds;

    /** Where it listens. */
    record Ports(int http, int mqtt, int mqttPlain, int kafka, int s3) {
        static Ports free() throws IOException {
            int[] found = new int[5];
            var sockets = new ArrayList<ServerSocket>();
            for (int i = 0; i < found.length; i++) {
                var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                sockets.add(socket);
                found[i] = socket.getLocalPort();
            }
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return new Ports(found[0], found[1], found[2], found[3], found[4]);
        }
    }

    private ServerUnderTest(Process process, Ports ports, HttpClient http, double readySeconds) {
        this.process = process;
        this.ports = ports;
        this.http = http;
        this.readySeconds = readySeconds;
    }

    /**
     * Starts a server and waits until it is ready.
     *
     * @param withAot whether the JDK AOT cache is used where there is one
     */
    static ServerUnderTest start(Path data, boolean withAot)
            throws IOException, InterruptedException {
        Ports ports = Ports.free();
        String property = withAot ? "millrace.server.command" : "millrace.server.cold.command";
        var command = new ArrayList<>(Files.readAllLines(Path.of(System.getProperty(property))));
        command.addAll(
                List.of(
                        "--data",
                        data.toString(),
                        "--http-port",
                        Integer.toString(ports.http()),
                        "--mqtt-port",
                        Integer.toString(ports.mqtt()),
                        "--mqtt-plain-port",
                        Integer.toString(ports.mqttPlain()),
                        "--kafka-port",
                        Integer.toString(ports.kafka()),
                        "--s3-port",
                        Integer.toString(ports.s3()),
                        "--stop-on-stdin-eof"));
        Path log = data.resolveSibling(data.getFileName() + ".log");
        long begin = System.nanoTime();
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        HttpClient http = HttpClient.newHttpClient();
        while (!isReady(ports)) {
            if (!process.isAlive() || System.nanoTime() - begin > START.toNanos()) {
                process.destroyForcibly();
                throw MillraceException.internal(
                        "the server did not start:\n"
                                + Files.readString(log, StandardCharsets.UTF_8),
                        null);
            }
            Thread.sleep(20);
        }
        return new ServerUnderTest(process, ports, http, (System.nanoTime() - begin) / 1e9);
    }

    /** A bare socket: a real HTTP client would compete with the server for the two cores. */
    private static boolean isReady(Ports ports) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), ports.http())) {
            socket.getOutputStream()
                    .write(
                            "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
            return new String(status, StandardCharsets.US_ASCII).endsWith("200");
        } catch (IOException e) {
            return false;
        }
    }

    Ports ports() {
        return ports;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + ports.http());
    }

    /** From the start of the process until it said that it is ready. */
    double readySeconds() {
        return readySeconds;
    }

    Process process() {
        return process;
    }

    Duration cpu() {
        return ProcessorTime.of(process);
    }

    /** Resident memory in MB. */
    long residentMegabytes() throws IOException {
        return Memory.resident(process.pid()) / 1024;
    }

    String get(String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(url().resolve(path)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        http.close();
    }
}
