package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The end of a segment of the log is damaged while the server is dead. */
@Timeout(300)
@ExtendWith(Faults.class)
class TornLogSystemTest {

    private static final Duration SETTLE = Duration.ofSeconds(90);
    private static final int RECORDS = 400;

    private static final String PIPELINE =
            """
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: rest}
            spec:
              from: {kafka: {topic: torn}, start: earliest}
              to: [{kafka: {topic: rest}}]
            """;

    @TempDir private Path folder;

    /** What happens to the last bytes of a file. */
    enum Damage {
        CUT,
        FLIPPED
    }

    @ParameterizedTest(name = "the last bytes are {0}")
    @EnumSource
    void theRestIsServedAndTheDamageIsTold(Damage damage) throws IOException {
        var ledger = new Ledger();
        try (var server =
                new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start()) {
            var torn = new KafkaTopic(server, "torn").create(1);
            var sent = new AtomicInteger();
            // One at a time, so that a batch holds few and little is torn with the last one.
            for (int i = 0; i < 8; i++) {
                int until = (i + 1) * RECORDS / 8;
                torn.send(
                        ledger,
                        () ->
                                sent.getAndIncrement() < until
                                        ? Map.entry("k", ledger.next("k", ""))
                                        : null);
                sent.decrementAndGet();
            }
            Set<Long> before = offsets(torn);
            assertThat(before).hasSize(RECORDS);
            server.kill();

            Path segment = segment(server.data());
            damage(segment, damage);
            server.launch();
            server.awaitReady();

            Set<Long> left = offsets(torn);
            assertThat(left).as("what is left").hasSizeBetween(RECORDS / 2, RECORDS - 1);
            var lost = new HashSet<>(before);
            lost.removeAll(left);
            // Only the end is gone.
            assertThat(lost).allMatch(offset -> offset >= left.size());
            assertThat(server.logText()).as("the log of the server").contains(segment.toString());
            Faults.tell("%s: %d of %d records left".formatted(damage, left.size(), RECORDS));

            Declared.apply(server, PIPELINE);
            Declared.awaitReady(server, "pipelines/rest");
            var rest = new KafkaTopic(server, "rest");
            await().atMost(SETTLE).until(rest::exists);
            Set<Long> served = ConcurrentHashMap.newKeySet();
            try (var _ = rest.follow(record -> served.add(record.offset()))) {
                await().atMost(SETTLE).untilAsserted(() -> assertThat(served).hasSize(left.size()));
                // And it goes on from there.
                var more = new AtomicInteger();
                torn.send(
                        ledger,
                        () ->
                                more.getAndIncrement() < 10
                                        ? Map.entry("k", ledger.next("k", ""))
                                        : null);
                await().atMost(SETTLE)
                        .untilAsserted(() -> assertThat(served).hasSize(left.size() + 10));
            }
        }
    }

    private static Set<Long> offsets(KafkaTopic topic) {
        Set<Long> offsets = new HashSet<>();
        topic.readAll(record -> offsets.add(record.offset()));
        return offsets;
    }

    private static Path segment(Path data) throws IOException {
        try (var files = Files.walk(data)) {
            return files.filter(file -> file.toString().contains("/torn-0/"))
                    .filter(file -> file.toString().endsWith(".log"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    private static void damage(Path segment, Damage damage) throws IOException {
        try (var file = new RandomAccessFile(segment.toFile(), "rw")) {
            switch (damage) {
                case CUT -> file.setLength(file.length() - 7);
                case FLIPPED -> {
                    file.seek(file.length() - 20);
                    int read = file.read();
                    file.seek(file.length() - 20);
                    file.write(read ^ 0xFF);
                }
            }
        }
    }
}
