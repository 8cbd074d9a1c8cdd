package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A pipeline with a Python function that scales: its workers are killed, one never returns, and the
 * server itself is killed, under load.
 */
@Timeout(600)
@ExtendWith(Faults.class)
class FunctionFaultsSystemTest {

    private static final int SERVER_KILLS = 2;
    private static final int WORKER_KILLS = 4;
    private static final Duration SETTLE = Duration.ofMinutes(2);

    /** Together more than one worker gets through in a second, and less than three do. */
    private static final int MESSAGES_PER_CLIENT = 60;

    /** Batches of as many tasks as there may be are in flight when something is killed. */
    private static final int MOST_REPEATED = (SERVER_KILLS * 2 + WORKER_KILLS) * 3 * 2_000;

    private static final String RESOURCES =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: work}
            spec: {mqtt: {}, fields: [{name: work, topic: work/in}]}
            ---
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: slow}
            spec:
              language: python
              environment: python
              timeout: 1s
              source:
                inline: |
                  import time

                  def main(ctx, msg):
                      while b'"endless"' in msg:
                          pass
                      time.sleep(0.005)
                      ctx.send(msg)
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: work}
            spec:
              from: {dataSource: {name: work}}
              steps: [{function: {name: slow}}]
              onError: {attempts: 2, backoff: 100ms, deadLetter: true}
              scale: {min: 1, max: 3, lag: 50, age: 1s, idle: 3s}
              to: [{mqtt: {topic: work/out}}]
            """;

    @TempDir private Path folder;

    static Stream<Long> seeds() {
        return Faults.seeds(1, 10);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void nothingIsLostWhenWorkersAndServerAreKilled(long seed) {
        RandomGenerator random = Faults.random(seed);
        var ledger = new Ledger();
        try (var server =
                new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start()) {
            int port = server.ports().mqttPlain();
            Declared.apply(server, RESOURCES);
            Declared.awaitReady(server, "functions/slow", "pipelines/work");
            try (var _ = MqttReader.start(port, "work/out", ledger)) {
                try (var load =
                        new MqttLoad(port, _ -> "work/in", ledger, MESSAGES_PER_CLIENT, "")) {
                    load.start("a", "b", "c", "d", "e", "f");
                    await().atMost(SETTLE).until(() -> ledger.seen() > 200);
                    await().atMost(SETTLE).until(() -> workers(server).size() > 1);
                    for (int kill = 0; kill < WORKER_KILLS; kill++) {
                        awaitMore(ledger, random.nextInt(50, 400));
                        killOne(server, random);
                    }
                    MqttLoad.once(port, "work/in", ledger, "never", "\"x\":\"endless\"");
                    await().atMost(SETTLE)
                            .until(() ->
                                    Declared.metric(
                                                    server,
                                                    "millrace_function_timeouts_total",
                                                    "slow")
                                            > 0);
                    for (int kill = 0; kill < SERVER_KILLS; kill++) {
                        awaitMore(ledger, random.nextInt(50, 600));
                        server.kill();
                        server.launch();
                        server.awaitReady();
                    }
                    awaitMore(ledger, 200);
                }
                var dead = new KafkaTopic(server, "default.dead.work");
                await().atMost(SETTLE).until(dead::exists);
                try (var _ =
                        dead.follow(record -> {
                            assertThat(KafkaTopic.header(record, "millrace.dead.reason"))
                                    .isNotEmpty();
                            ledger.deadLetter(record.value());
                        })) {
                    await().atMost(SETTLE)
                            .untilAsserted(() ->
                                    assertThat(ledger.pending()).as(server::logText).isZero());
                }
            }
            ledger.assertKept("workers and server killed, seed " + seed, MOST_REPEATED);
        }
    }

    private static void awaitMore(Ledger ledger, int wanted) {
        int before = ledger.seen();
        await().atMost(SETTLE).until(() -> ledger.seen() > before + wanted);
    }

    private static void killOne(ServerProcess server, RandomGenerator random) {
        List<ProcessHandle> workers = workers(server);
        workers.get(random.nextInt(workers.size())).destroyForcibly();
    }

    private static List<ProcessHandle> workers(ServerProcess server) {
        var workers = new ArrayList<ProcessHandle>();
        ProcessHandle.of(server.pid()).stream()
                .flatMap(ProcessHandle::children)
                .filter(child -> child.info().command().orElse("").contains("python"))
                .forEach(workers::add);
        assertThat(workers).as("workers of the server").isNotEmpty();
        return workers;
    }
}
