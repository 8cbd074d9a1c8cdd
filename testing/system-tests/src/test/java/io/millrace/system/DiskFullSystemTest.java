package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A disk with little room: a file system of 700 MB in memory, which a file of ballast fills. */
@Timeout(300)
@ExtendWith(Faults.class)
class DiskFullSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(60);

    private static final String RESOURCES =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: meters}
            spec: {mqtt: {}, fields: [{name: meters, topic: meters/in}]}
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: meters}
            spec:
              from: {dataSource: {name: meters}}
              to: [{mqtt: {topic: meters/out}}]
            """;

    @TempDir private Path folder;
    private boolean isMounted;

    private Path disk() {
        return folder.resolve("disk");
    }

    private void mount() throws IOException {
        Files.createDirectories(disk());
        CommandLine.Outcome outcome =
                CommandLine.run(
                        List.of("mount", "-t", "tmpfs", "-o", "size=700m", "t", disk().toString()),
                        Map.of());
        isMounted = outcome.exitCode() == 0;
        if (!isMounted) {
            Faults.tell(
                    "NOT RUN: a full disk: this user may not mount a small file system (%s)"
                            .formatted(outcome.err().strip()));
        }
        Assumptions.assumeTrue(isMounted, "may not mount: " + outcome.err());
    }

    @AfterEach
    void unmount() {
        if (isMounted) {
            CommandLine.run(List.of("umount", "-l", disk().toString()), Map.of()).orFail();
        }
    }

    @Test
    void nothingIsTakenWithoutRoomAndSendersLearnWhy() throws IOException {
        mount();
        var ledger = new Ledger();
        try (var server =
                new ServerProcess(
                                disk().resolve("data"),
                                ServerProcess.Ports.free(),
                                "--disk-reserve",
                                "256Mi")
                        .start()) {
            int port = server.ports().mqttPlain();
            Declared.apply(server, RESOURCES);
            Declared.awaitReady(server, "pipelines/meters");
            try (var _ = MqttReader.start(port, "meters/out", ledger)) {
                try (var load = new MqttLoad(port, _ -> "meters/in", ledger, 200, "")) {
                    load.start("a", "b");
                    await().atMost(SETTLE).until(() -> ledger.seen() > 500);
                    Path ballast = fill();
                    await().atMost(SETTLE)
                            .until(() ->
                                    server.get("/readyz").statusCode() == 503
                                            && server.get("/readyz")
                                                    .body()
                                                    .contains("disk.reserve"));
                    // What was let in before the guard looked may still be acknowledged.
                    await().during(Duration.ofSeconds(1))
                            .atMost(SETTLE)
                            .until(new Unchanged(ledger::acknowledged)::isSo);
                    assertThat(reasonGivenTo(port)).contains("disk.reserve");
                    assertThat(server.get("/api/v1/projects/default/pipelines").statusCode())
                            .isEqualTo(200);
                    assertThat(inTheLog(server)).isGreaterThanOrEqualTo(ledger.acknowledged());
                    assertThat(server.isRunning()).isTrue();

                    Files.delete(ballast);
                    await().atMost(SETTLE).until(server::isReady);
                    int before = ledger.acknowledged();
                    await().atMost(SETTLE).until(() -> ledger.acknowledged() > before + 500);
                }
                await().atMost(SETTLE).untilAsserted(() -> assertThat(ledger.pending()).isZero());
            }
        }
        ledger.assertKept("disk full and free again", 2_000);
    }

    /** Leaves less than what the server keeps free. */
    private Path fill() throws IOException {
        long room = Files.getFileStore(disk()).getUsableSpace() - (200L << 20);
        Path ballast = disk().resolve("ballast");
        var piece = new byte[1 << 20];
        try (var out = Files.newOutputStream(ballast)) {
            for (long written = 0; written < room; written += piece.length) {
                out.write(piece);
            }
        }
        return ballast;
    }

    /** What a client of MQTT 5 is told when it publishes now. */
    private static String reasonGivenTo(int port) {
        var reason = new CompletableFuture<String>();
        Mqtt5AsyncClient client =
                MqttClient.builder()
                        .useMqttVersion5()
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .addDisconnectedListener(gone -> reason.complete(textOf(gone.getCause())))
                        .buildAsync();
        client.connect().join();
        var sent =
                client.publishWith()
                        .topic("meters/in")
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(new byte[] {1})
                        .send();
        String told = reason.orTimeout(30, TimeUnit.SECONDS).join();
        assertThat(sent).as("the acknowledgement").failsWithin(Duration.ofSeconds(30));
        return told;
    }

    private static String textOf(Throwable cause) {
        return cause instanceof Mqtt5DisconnectException disconnect
                ? disconnect.getMqttMessage().getReasonString().map(Object::toString).orElse("")
                : String.valueOf(cause);
    }

    private static int inTheLog(ServerProcess server) {
        var count = new AtomicInteger();
        new KafkaTopic(server, "default.source.meters.meters")
                .readAll(_ -> count.incrementAndGet());
        return count.get();
    }

    /** Whether a number is what it was at the last look. */
    private static final class Unchanged {
        private final java.util.function.IntSupplier number;
        private int last = -1;

        Unchanged(java.util.function.IntSupplier number) {
            this.number = number;
        }

        boolean isSo() {
            int now = number.getAsInt();
            boolean isSame = now == last;
            last = now;
            return isSame;
        }
    }
}
