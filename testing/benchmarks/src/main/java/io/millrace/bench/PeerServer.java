package io.millrace.bench;

import io.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Somebody else's server, with all processes that it starts. */
final class PeerServer implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(2);

    private final Process process;
    private final int httpPort;
    private final int grpcPort;

    private PeerServer(Process process, int httpPort, int grpcPort) {
        this.process = process;
        this.httpPort = httpPort;
        this.grpcPort = grpcPort;
    }

    /** MLServer with its own defaults; {@code folder} holds the model and its settings. */
    static PeerServer mlserver(Path venv, Path folder) throws IOException, InterruptedException {
        var ports = ServerUnderTest.Ports.free();
        return start(
                List.of(venv.resolve("bin/mlserver").toString(), "start", "."),
                Map.of(
                        "MLSERVER_HOST", "127.0.0.1",
                        "MLSERVER_HTTP_PORT", Integer.toString(ports.http()),
                        "MLSERVER_GRPC_PORT", Integer.toString(ports.mqtt()),
                        "MLSERVER_METRICS_PORT", Integer.toString(ports.kafka()),
                        "MLSERVER_DEBUG", "false"),
                folder,
                ports.http(),
                ports.mqtt());
    }

    /** The KServe Python server with its own defaults. */
    static PeerServer kserve(Path venv, Path script, Path model, Path folder)
            throws IOException, InterruptedException {
        var ports = ServerUnderTest.Ports.free();
        return start(
                List.of(
                        venv.resolve("bin/python").toString(),
                        script.toString(),
                        "--model_name",
                        "cnn",
                        "--model_path",
                        model.toString(),
                        "--http_port",
                        Integer.toString(ports.http()),
                        "--grpc_port",
                        Integer.toString(ports.mqtt())),
                Map.of(),
                folder,
                ports.http(),
                ports.mqtt());
    }

    private static PeerServer start(
            List<String> command,
            Map<String, String> environment,
            Path folder,
            int httpPort,
            int grpcPort)
            throws IOException, InterruptedException {
        Path log = folder.resolve("server.log");
        var builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        var server = new PeerServer(builder.start(), httpPort, grpcPort);
        long end = System.nanoTime() + START.toNanos();
        while (!server.isReady()) {
            if (!server.process.isAlive() || System.nanoTime() > end) {
                server.close();
                String text = Files.readString(log);
                throw MillraceException.internal(
                        "did not start: " + text.substring(Math.max(0, text.length() - 2_000)),
                        null);
            }
            Thread.sleep(200);
        }
        return server;
    }

    private boolean isReady() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), httpPort)) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream()
                    .write(
                            "GET /v2/models/cnn/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
            return new String(status, StandardCharsets.US_ASCII).endsWith("200");
        } catch (IOException e) {
            return false;
        }
    }

    int httpPort() {
        return httpPort;
    }

    int grpcPort() {
        return grpcPort;
    }

    Process process() {
        return process;
    }

    @Override
    public void close() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
