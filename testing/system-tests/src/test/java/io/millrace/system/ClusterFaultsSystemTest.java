package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another Kafka as source, whose topic grows, is deleted and made again. That Kafka is the one of a
 * second server.
 */
@Timeout(300)
@ExtendWith(Faults.class)
class ClusterFaultsSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(90);
    private static final int RECORDS = 500;
    private static final String SOURCE = "datasources/orders";

    @TempDir private static Path folder;
    private static ServerProcess near;
    private static ServerProcess far;

    @RegisterExtension private static final ShowsLog LOG = new ShowsLog(() -> near);

    @BeforeAll
    static void start() {
        far = new ServerProcess(folder.resolve("far"), ServerProcess.Ports.free()).start();
        near = new ServerProcess(folder.resolve("near"), ServerProcess.Ports.free()).start();
    }

    @AfterAll
    static void stop() {
        near.close();
        far.close();
    }

    @Test
    void aTopicThatGrowsOrIsMadeAnewIsReadOnWithoutARestart() {
        var orders = new KafkaTopic(far, "orders").create(1);
        var copies = new KafkaTopic(near, "copies").create(4);
        Declared.apply(
                near,
                """
                apiVersion: millrace.io/v1
                kind: DataSource
                metadata: {name: orders}
                spec:
                  kafka: {bootstrap: "127.0.0.1:%d"}
                  fields: [{name: orders, topic: orders}]
                ---
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: orders}
                spec:
                  from: {dataSource: {name: orders}, start: earliest}
                  to: [{kafka: {topic: copies}}]
                """
                        .formatted(far.ports().kafka()));
        Declared.awaitReady(near, SOURCE, "pipelines/orders");
        long pid = near.pid();
        var ledger = new Ledger();
        try (var _ = copies.follow(record -> ledger.output(record.value()))) {
            send(orders, ledger, "first");
            awaitAll(ledger);

            orders.grow(3);
            send(orders, ledger, "second");
            awaitAll(ledger);

            orders.delete();
            long began = TimeSource.system().nanoTime();
            await().atMost(SETTLE)
                    .untilAsserted(() ->
                            assertThat(Declared.text(near, SOURCE))
                                    .contains("TopicMissing")
                                    .contains("no topic orders"));
            Faults.tell(
                    "a deleted topic was told after %d ms"
                            .formatted((TimeSource.system().nanoTime() - began) / 1_000_000));
            assertThat(near.isReady()).isTrue();

            orders.create(2);
            send(orders, ledger, "third");
            awaitAll(ledger);
            Declared.awaitReady(near, SOURCE);
        }
        assertThat(near.pid()).isEqualTo(pid);
        ledger.assertKept("topic grown, deleted and made anew", 2_000);
    }

    /** A topic that grows spreads its keys anew: so none of them is used on. */
    private static void send(KafkaTopic topic, Ledger ledger, String keys) {
        var sent = new AtomicInteger();
        topic.send(
                ledger,
                () -> {
                    int number = sent.getAndIncrement();
                    String key = keys + "-" + number % 5;
                    return number < RECORDS ? Map.entry(key, ledger.next(key, "")) : null;
                });
    }

    private static void awaitAll(Ledger ledger) {
        await().atMost(SETTLE).untilAsserted(() -> assertThat(ledger.pending()).isZero());
    }
}
