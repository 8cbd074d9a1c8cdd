package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Records that a function cannot stand, what becomes of them, and what nobody may declare. */
@Timeout(900)
@ExtendWith(Faults.class)
class PoisonSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(Faults.isLong() ? 600 : 120);
    private static final int PARTITIONS = 4;
    private static final int POISON = Faults.isLong() ? 100_000 : 2_000;
    private static final int GOOD = 2_000;

    /** The batch form, so that one bad record makes the call for all of them fail. */
    private static final String FUNCTION =
            """
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: picky}
            spec:
              language: python
              environment: python
              source:
                inline: |
                  def main_batch(contexts, messages):
                      for message in messages:
                          if %s and b'"bad"' in message:
                              raise ValueError("this one cannot be read")
                      for ctx, message in zip(contexts, messages):
                          ctx.send(message)
            """;

    private static final String PIPELINE =
            """
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: picky}
            spec:
              from: {kafka: {topic: mixed}, start: earliest}
              steps: [{function: {name: picky}}]
              onError: {attempts: 1, backoff: 10ms, deadLetter: true}
              to: [{kafka: {topic: taken}}]
            """;

    @TempDir private static Path folder;
    private static ServerProcess server;

    @RegisterExtension private static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void poisonBecomesDeadLettersAndARedriveSurvivesAKill() {
        var ledger = new Ledger();
        var mixed = new KafkaTopic(server, "mixed").create(PARTITIONS);
        var taken = new KafkaTopic(server, "taken").create(PARTITIONS);
        mixed.send(ledger, poisonFirst(ledger));
        Declared.apply(server, FUNCTION.formatted("True") + PIPELINE);
        Declared.awaitReady(server, "pipelines/picky");
        var dead = new KafkaTopic(server, "default.dead.picky");
        await().atMost(SETTLE).until(dead::exists);

        var good = new AtomicInteger();
        await().atMost(SETTLE)
                .untilAsserted(() -> {
                    good.set(0);
                    taken.readAll(_ -> good.incrementAndGet());
                    assertThat(good).hasValue(GOOD);
                });
        await().atMost(SETTLE).untilAsserted(() -> assertThat(count("open")).isEqualTo(POISON));
        Set<String> heads = ConcurrentHashMap.newKeySet();
        dead.readAll(letter -> heads.add(assertTold(letter)));
        // Also what was at the head of every partition.
        assertThat(heads).contains("mixed/0/0", "mixed/1/0", "mixed/2/0", "mixed/3/0");

        Declared.apply(server, FUNCTION.formatted("False"));
        Declared.awaitReady(server, "functions/picky", "pipelines/picky");
        try (var _ = taken.follow(record -> ledger.output(record.value()))) {
            var redrive =
                    CompletableFuture.supplyAsync(() ->
                            CommandLine.millrace(
                                    server, "dlq", "redrive", "pipeline/picky", "--all"));
            await().atMost(SETTLE).until(() -> ledger.seen() > GOOD);
            server.kill();
            int seenAtTheKill = ledger.seen();
            server.launch();
            server.awaitReady();
            var _ = redrive.join();

            await().atMost(SETTLE).untilAsserted(() -> assertThat(ledger.pending()).isZero());
            await().atMost(SETTLE).untilAsserted(() -> assertThat(count("open")).isZero());
            Faults.tell("killed after %d of %d".formatted(seenAtTheKill - GOOD, POISON));
        }
        assertThat(count("redriven")).isEqualTo(POISON);
        // A redriven record comes behind younger ones of its key: each has a key of its own.
        ledger.assertKept("redrive of %d, killed in the middle".formatted(POISON), 2_000);
        var again = CommandLine.millrace(server, "dlq", "redrive", "pipeline/picky", "--all");
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(count("redriven")).isEqualTo(POISON);
    }

    @Test
    void aCircleOverTwoPipelinesIsRefusedAndNamed() {
        var answer =
                server.post(
                        "/api/v1/apply?project=default",
                        "application/yaml",
                        """
                        apiVersion: millrace.io/v1
                        kind: Pipeline
                        metadata: {name: there}
                        spec:
                          from: {kafka: {topic: round}}
                          to: [{kafka: {topic: trip}}]
                        ---
                        apiVersion: millrace.io/v1
                        kind: Pipeline
                        metadata: {name: back}
                        spec:
                          from: {kafka: {topic: trip}}
                          to: [{kafka: {topic: round}}]
                        """);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body())
                .contains("records would go in a circle")
                .contains("there")
                .contains("back")
                .contains("'trip'")
                .contains("'round'");
        assertThat(server.get("/api/v1/projects/default/pipelines").body())
                .doesNotContain("\"there\"");
    }

    /** Poison at the head of every partition, then some in every batch. */
    private static java.util.function.Supplier<Map.Entry<String, byte[]>> poisonFirst(
            Ledger ledger) {
        var waiting = new ArrayDeque<Map.Entry<String, byte[]>>();
        var made = new AtomicInteger();
        int head = 40;
        return () -> {
            int number = made.getAndIncrement();
            if (number < POISON + GOOD) {
                boolean isPoison = number < head || isPoison(number - head, POISON - head);
                String key = "key-" + number;
                String more = isPoison ? "\"v\":\"bad\"" : "\"v\":\"good\"";
                waiting.add(Map.entry(key, ledger.next(key, more)));
            }
            return waiting.poll();
        };
    }

    /** Spreads the rest of the poison evenly. */
    private static boolean isPoison(int number, int poison) {
        long all = (long) poison + GOOD;
        return (number + 1) * (long) poison / all > number * (long) poison / all;
    }

    private static String assertTold(ConsumerRecord<byte[], byte[]> letter) {
        assertThat(new String(letter.value(), StandardCharsets.UTF_8)).contains("\"bad\"");
        assertThat(KafkaTopic.header(letter, "millrace.dead.reason"))
                .contains("this one cannot be read");
        assertThat(KafkaTopic.header(letter, "millrace.dead.code")).isEqualTo("USER_CODE");
        assertThat(KafkaTopic.header(letter, "millrace.dead.stage")).contains("picky");
        assertThat(KafkaTopic.header(letter, "millrace.dead.attempts")).isEqualTo("1");
        String position = KafkaTopic.header(letter, "millrace.dead.position");
        assertThat(position).matches("mixed/[0-3]/\\d+");
        assertThat(KafkaTopic.header(letter, "millrace.provenance")).contains(position);
        return position;
    }

    private static int count(String state) {
        String counts =
                server.get("/api/v1/projects/default/pipelines/picky/dead-letters/counts").body();
        var found =
                java.util.regex.Pattern.compile("\"" + state + "\"\\s*:\\s*(\\d+)").matcher(counts);
        assertThat(found.find()).as(counts).isTrue();
        return Integer.parseInt(found.group(1));
    }
}
