package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code kill -9} of the real server under load while it copies from Kafka to Kafka exactly once:
 * who reads what is committed sees each acknowledged record once, in the order of its key.
 */
@Timeout(600)
@ExtendWith(Faults.class)
class ExactlyOnceSystemTest {

    private static final int KILLS = 4;
    private static final int KEYS = 7;
    private static final Duration SETTLE = Duration.ofSeconds(90);

    /** Some 2,500 records a second: enough that each kill meets transactions. */
    private static final Duration PAUSE = Duration.ofMillis(4);

    private static final int AT_ONCE = 10;

    private static final String PIPELINE =
            """
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: copy}
            spec:
              from: {kafka: {topic: orders}, start: earliest}
              delivery: exactly-once
              scale: {min: 1, max: 3, lag: 200}
              to: [{kafka: {topic: copies}}]
            """;

    @TempDir private Path folder;

    static Stream<Long> seeds() {
        return Faults.seeds(1, 40);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void eachAcknowledgedRecordIsSeenOnce(long seed) throws InterruptedException {
        RandomGenerator random = Faults.random(seed);
        var ledger = new Ledger();
        var repeatedByReader = new AtomicInteger();
        Set<String> positions = ConcurrentHashMap.newKeySet();
        try (var server =
                new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start()) {
            var orders = new KafkaTopic(server, "orders").create(4);
            var copies = new KafkaTopic(server, "copies").create(4);
            Declared.apply(server, PIPELINE);
            Declared.awaitReady(server, "pipelines/copy");
            try (var reader =
                    copies.follow(record -> {
                        if (positions.add(record.partition() + "/" + record.offset())) {
                            ledger.output(record.value());
                        } else {
                            repeatedByReader.incrementAndGet();
                        }
                    })) {
                var isRunning = new AtomicBoolean(true);
                Thread load =
                        Thread.ofPlatform()
                                .name("load")
                                .start(() -> send(orders, ledger, isRunning, seed));
                for (int kill = 0; kill < KILLS; kill++) {
                    int before = ledger.acknowledged();
                    int seen = ledger.seen();
                    int wanted = random.nextInt(200, 4_000);
                    await().atMost(SETTLE)
                            .until(() ->
                                    ledger.acknowledged() > before + wanted
                                            && ledger.seen() > seen);
                    server.kill();
                    server.launch();
                    if (random.nextInt(3) == 0) {
                        await().atMost(SETTLE).until(server::isAlive);
                        server.kill();
                        server.launch();
                    }
                    server.awaitReady();
                }
                isRunning.set(false);
                load.join();
                await().atMost(SETTLE).untilAsserted(() -> assertThat(ledger.pending()).isZero());
                assertThat(reader.isAlive()).isTrue();
            }
            assertThat(ledger.acknowledged()).isGreaterThan(KILLS * 200);
            ledger.assertKept("exactly once, seed " + seed, 0);
            assertThat(inTheTopic(copies)).isEqualTo(ledger.seen());
            Faults.tell(
                    "the reader itself read %d records again".formatted(repeatedByReader.get()));
        }
    }

    /** How many committed records the topic holds, whoever read them. */
    private static int inTheTopic(KafkaTopic topic) {
        var count = new AtomicInteger();
        topic.readAll(_ -> count.incrementAndGet());
        return count.get();
    }

    private static void send(KafkaTopic topic, Ledger ledger, AtomicBoolean isRunning, long seed) {
        RandomGenerator random = Faults.random(seed + 1_000);
        var sent = new AtomicInteger();
        topic.send(
                ledger,
                () -> {
                    if (sent.incrementAndGet() % AT_ONCE == 0) {
                        TimeSource.system().pause(PAUSE);
                    }
                    String key = "k" + random.nextInt(KEYS);
                    return isRunning.get() ? Map.entry(key, ledger.next(key, "")) : null;
                });
    }
}
