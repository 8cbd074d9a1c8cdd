package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.jspecify.annotations.Nullable;

/** A real server in a process of its own, which a test can kill and start again. */
final class ServerProcess implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(2);

    private final Path data;
    private final Path log;
    private final Ports ports;
    private final List<String> options;
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable Process process;

    /** The ports of one server; they stay the same over its restarts. */
    record Ports(int http, int mqtt, int mqttPlain, int kafka) {
        static Ports free() {
            return new Ports(FreePort.next(), FreePort.next(), FreePort.next(), FreePort.next());
        }
    }

    ServerProcess(Path data, Ports ports, String... options) {
        this.data = data;
        this.ports = ports;
        this.options = List.of(options);
        this.log = data.resolveSibling(data.getFileName() + ".log");
    }

    Ports ports() {
        return ports;
    }

    Path data() {
        return data;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + ports.http());
    }

    /** Starts the process and waits until it is ready. */
    ServerProcess start() {
        launch();
        awaitReady();
        return this;
    }

    /** Starts the process and returns at once. */
    void launch() {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx1g",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-Dorg.bytedeco.javacpp.cachedir="
                                        + Repository.cache().resolve("javacpp"),
                                "-cp",
                                Repository.root()
                                        .resolve("server/app/target/dist/millrace-app.jar")
                                        .toString(),
                                "io.millrace.app.Main",
                                "--data",
                                data.toString(),
                                "--http-port",
                                Integer.toString(ports.http()),
                                "--mqtt-port",
                                Integer.toString(ports.mqtt()),
                                "--mqtt-plain-port",
                                Integer.toString(ports.mqttPlain()),
                                "--kafka-port",
                                Integer.toString(ports.kafka())));
        if (!options.contains("--cache")) {
            command.addAll(List.of("--cache", Repository.cache().toString()));
        }
        if (!options.contains("--s3-port")) {
            command.addAll(List.of("--s3-port", "off"));
        }
        command.addAll(options);
        try {
            Files.createDirectories(Repository.cache());
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitReady() {
        try {
            await().atMost(START)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> !running().isAlive() || isReady());
            assertThat(running().isAlive())
                    .as("the server ended while it started:\n%s", logText())
                    .isTrue();
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError("the server did not get ready:\n" + logText(), e);
        }
    }

    /** Whether HTTP answers, which it does before everything else is up. */
    boolean isAlive() {
        return answers("/healthz");
    }

    boolean isReady() {
        return answers("/readyz");
    }

    private boolean answers(String path) {
        try {
            return http.send(
                                    HttpRequest.newBuilder(url().resolve(path))
                                            .timeout(Duration.ofSeconds(2))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** SIGKILL: nothing is flushed, nothing is said. */
    void kill() {
        running().destroyForcibly();
        awaitExit(Duration.ofSeconds(30));
    }

    /** SIGTERM; returns the exit code. */
    int terminate(Duration atMost) {
        running().destroy();
        return awaitExit(atMost);
    }

    int awaitExit(Duration atMost) {
        try {
            boolean ended = running().waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
            assertThat(ended).as("ended within %s; log:\n%s", atMost, logText()).isTrue();
            return running().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Whether the process that was started last is there. */
    boolean isRunning() {
        return running().isAlive();
    }

    long pid() {
        return running().pid();
    }

    String logText() {
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request and gives the answer as text. */
    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(url().resolve(path)).build());
    }

    HttpResponse<String> post(String path, String type, String body) {
        return send(
                HttpRequest.newBuilder(url().resolve(path))
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Process running() {
        Process current = process;
        if (current == null) {
            throw new AssertionError("the server was not started");
        }
        return current;
    }

    @Override
    public void close() {
        Process current = process;
        if (current != null && current.isAlive()) {
            current.destroyForcibly();
            awaitExit(Duration.ofSeconds(30));
        }
        http.close();
    }
}
