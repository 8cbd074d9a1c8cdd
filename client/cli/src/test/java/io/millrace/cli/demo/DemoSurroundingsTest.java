package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.TimeSource;
import io.millrace.client.MillraceClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DemoSurroundingsTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir private Path cache;

    @Test
    void movesAllPortsWhenOneIsTaken() {
        assertThat(new PortBase(_ -> true).find()).isZero();
        var ports = new PortBase(port -> port != 1883 && port != 10_092);
        assertThat(ports.find()).isEqualTo(2000);
        assertThat(ports.taken(0)).containsExactly(1883);
        assertThatThrownBy(() -> new PortBase(_ -> false).find()).hasMessageContaining("ports");
    }

    @Test
    void removesTheFolderOfTheRunAndOfRunsThatWereKilled() throws IOException {
        long nobody = 4_194_305; // more than any process number
        Files.createDirectories(cache.resolve("demo/run-" + nobody + "/data"));
        Files.createDirectories(cache.resolve("demo/run-1/data")); // lives
        Files.createDirectories(cache.resolve("demo/keep"));

        RunFolder folder = RunFolder.create(cache);
        Files.createDirectories(folder.data());
        Files.writeString(folder.log(), "x");
        assertThat(cache.resolve("demo/run-" + nobody)).doesNotExist();
        assertThat(cache.resolve("demo/run-1")).exists();
        assertThat(cache.resolve("demo/keep")).exists();

        folder.delete();
        folder.delete();
        assertThat(folder.log().getParent()).doesNotExist();
    }

    @Test
    void tellsTheLastLinesOfAServerThatDoesNotStart() throws IOException {
        try (var server = start("echo first; echo \"with: $*\"; exit 3");
                var client = clientOfNobody()) {
            assertThatThrownBy(() -> server.awaitReady(client, LONG))
                    .hasMessageContaining("exit code 3")
                    .hasMessageContaining("first")
                    .hasMessageContaining("--port-base 7 --mqtt-plain --stop-on-stdin-eof");
        }
    }

    @Test
    void keepsTheServersInputOpenAndStopsItAtTheEnd() throws Exception {
        ServerProcess server = start("cat; exit 5");
        var code = new CompletableFuture<Integer>();
        server.onExit(code::complete);
        assertThatThrownBy(() -> code.get(300, TimeUnit.MILLISECONDS))
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
        server.close();
        server.close();
        assertThat(code.get(30, TimeUnit.SECONDS)).isNotEqualTo(5);
    }

    private ServerProcess start(String script) throws IOException {
        Path command = cache.resolve("server.command");
        Files.write(command, List.of("/bin/sh", "-c", script, "sh"));
        return ServerProcess.start(command, RunFolder.create(cache), 7, TimeSource.system());
    }

    private static MillraceClient clientOfNobody() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI address = URI.create("http://127.0.0.1:" + socket.getLocalPort());
            return new MillraceClient(address, TimeSource.system());
        }
    }
}
