package io.millrace.connector.mqtt;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** An independent broker on a port of its own; it keeps its sessions over a restart. */
final class Mosquitto implements AutoCloseable {
    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin/mosquitto"), Path.of("/usr/bin/mosquitto"));

    /** Comes with it; says who may subscribe where. */
    static final String RULES_PLUGIN = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so";

    private final Path folder;
    private final int port;
    private final List<String> settings;
    private @Nullable Process process;

    private Mosquitto(Path folder, List<String> settings) {
        this.folder = folder;
        this.port = freePort();
        this.settings = settings;
    }

    /** Installed but not running: everybody may connect unless settings say otherwise. */
    static Mosquitto in(Path folder, String... settings) {
        if (PLACES.stream().noneMatch(Files::isExecutable)) {
            String notice = "mosquitto is not installed; on Debian: apt-get install mosquitto";
            if (System.getenv("MILLRACE_TEST_PEERS") != null) {
                fail(notice);
            }
            Assumptions.abort(notice);
        }
        return new Mosquitto(folder, List.of(settings));
    }

    static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    Mosquitto start() {
        var config =
                new ArrayList<>(
                        List.of(
                                "listener " + port + " 127.0.0.1",
                                "persistence true",
                                "persistence_location " + folder + "/",
                                "max_queued_messages 0",
                                "max_inflight_messages 100",
                                "log_dest file " + folder.resolve("log"),
                                "log_type all"));
        if (settings.stream().noneMatch(line -> line.startsWith("allow_anonymous"))) {
            config.add("allow_anonymous true");
        }
        if (System.getProperty("user.name").equals("root")) {
            config.add("user root");
        }
        config.addAll(settings);
        try {
            Path file = Files.write(folder.resolve("mosquitto.conf"), config);
            Path program = PLACES.stream().filter(Files::isExecutable).findFirst().orElseThrow();
            process =
                    new ProcessBuilder(program.toString(), "-c", file.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("out").toFile())
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await().atMost(Duration.ofSeconds(20)).until(this::answers);
        return this;
    }

    private boolean answers() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /** Ends it as a service manager does; it writes its sessions first. */
    void stop() {
        Process running = process;
        process = null;
        if (running != null) {
            running.destroy();
            await().atMost(Duration.ofSeconds(20)).until(() -> !running.isAlive());
        }
    }

    String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
