package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kills the process of a broker under load and looks for what it had acknowledged. */
@Timeout(180)
class KilledBrokerIT {

    private static final int ROUNDS = 3;
    private static final int MOST_BEFORE_KILL = 40_000;

    @TempDir Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {20_261_120})
    void keepsEachAcknowledgedRecord(long seed) throws Exception {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        Path data = directory.resolve("kafka");
        Path acknowledged = directory.resolve("acknowledged");
        for (int round = 0; round < ROUNDS; round++) {
            long size = round == 0 ? 0 : Files.size(acknowledged);
            long until = size + Long.BYTES * random.nextLong(1, MOST_BEFORE_KILL);
            appendAndKill(data, acknowledged, 1_000_000L * round, until);
        }
        long start = TimeSource.system().nanoTime();
        var kafka =
                new EmbeddedKafka(
                        EmbeddedKafkaConfig.of(data, 0),
                        fault -> {
                            throw fault;
                        });
        kafka.start();
        try (kafka) {
            assertThat(Duration.ofNanos(TimeSource.system().nanoTime() - start))
                    .isLessThan(Duration.ofSeconds(60));
            compare(kafka, readNumbers(acknowledged));
        }
    }

    private void appendAndKill(Path data, Path acknowledged, long first, long until)
            throws Exception {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx384m",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                AppendUntilKilled.class.getName(),
                                data.toString(),
                                acknowledged.toString(),
                                Long.toString(first))
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("process-" + first + ".log").toFile())
                        .start();
        try {
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> !process.isAlive() || hasSize(acknowledged, until));
            assertThat(process.isAlive())
                    .as(() -> log(directory.resolve("process-" + first + ".log")))
                    .isTrue();
        } finally {
            process.destroyForcibly();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static boolean hasSize(Path file, long size) throws IOException {
        return Files.exists(file) && Files.size(file) >= size;
    }

    private static String log(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static Set<Long> readNumbers(Path file) throws IOException {
        var numbers = new TreeSet<Long>();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        while (bytes.remaining() >= Long.BYTES) {
            numbers.add(bytes.getLong());
        }
        return numbers;
    }

    private static void compare(EmbeddedKafka kafka, Set<Long> acknowledged) {
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(ROUNDS);
        var missing = new TreeSet<>(acknowledged);
        var lastOfKey = new HashMap<Byte, Long>();
        try (var log =
                        KafkaStreamLog.open(
                                KafkaLogConfig.of(kafka.bootstrapServers()), TimeSource.system());
                LogConsumer consumer = log.consumer(new ConsumerSpec("check", "m", 0, 5_000))) {
            consumer.subscribe(Set.of(AppendUntilKilled.TOPIC));
            List<String> disorder = new ArrayList<>();
            await().atMost(Duration.ofSeconds(60))
                    .pollInSameThread()
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        for (LogRecord record : consumer.poll(Duration.ofMillis(100))) {
                            check(record, missing, lastOfKey, disorder);
                        }
                        return missing.isEmpty();
                    });
            assertThat(disorder).isEmpty();
        }
    }

    private static void check(
            LogRecord record, Set<Long> missing, Map<Byte, Long> lastOfKey, List<String> disorder) {
        long number = ByteBuffer.wrap(record.value()).getLong();
        missing.remove(number);
        Long before = lastOfKey.put((byte) (number % AppendUntilKilled.KEYS), number);
        if (before != null && before >= number) {
            disorder.add(before + " before " + number);
        }
    }
}
