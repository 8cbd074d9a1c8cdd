package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedKafkaIT {

    private static final Duration MOMENT = Duration.ofMillis(50);

    @TempDir Path directory;
    private final AtomicReference<@Nullable MillraceException> fault = new AtomicReference<>();

    @Test
    void keepsRecordsAndOffsetsOverARestart() throws Exception {
        try (var kafka = started();
                var log = open(kafka);
                var consumer = log.consumer(new ConsumerSpec("group", "m", 0, 100))) {
            log.ensureTopics(List.of("topic"));
            append(log, "one");
            append(log, "two");
            consumer.subscribe(Set.of("topic"));
            consumer.commit(Map.of(read(consumer, 2).getFirst().partition(), 1L));
        }
        try (var kafka = started();
                var log = open(kafka);
                var consumer = log.consumer(new ConsumerSpec("group", "m", 0, 100))) {
            append(log, "three");
            consumer.subscribe(Set.of("topic"));
            assertThat(texts(read(consumer, 2))).containsExactly("two", "three");
        }
        assertThat(fault).hasValue(null);
    }

    @Test
    void takesRecordsOfFiftyMebibytesAndRefusesMore() throws Exception {
        try (var kafka = started();
                var log = open(kafka);
                var consumer = log.consumer(new ConsumerSpec("group", "m", 0, 100))) {
            log.ensureTopics(List.of("topic"));
            byte[] large = new byte[50 << 20];
            large[large.length - 1] = 42;
            append(log, large);
            assertThatThrownBy(() -> append(log, new byte[60 << 20]))
                    .cause()
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
            append(log, "after");
            consumer.subscribe(Set.of("topic"));
            List<LogRecord> records = read(consumer, 2);
            assertThat(records.getFirst().value()).isEqualTo(large);
            assertThat(new String(records.getLast().value(), StandardCharsets.UTF_8))
                    .isEqualTo("after");
        }
    }

    @Test
    void namesAPortThatIsTaken() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var kafka =
                    new EmbeddedKafka(
                            EmbeddedKafkaConfig.of(directory, other.getLocalPort()), fault::set);
            assertThatThrownBy(kafka::start)
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT))
                    .hasMessageContaining("port " + other.getLocalPort());
            kafka.close();
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void namesADamagedFileAndStartsOnceItIsRepaired() throws Exception {
        started().close();
        Path meta = directory.resolve("meta.properties");
        String sound = Files.readString(meta);
        for (String damage :
                List.of(
                        "",
                        "\0\0\0\0",
                        sound.replace("node.id=1", "node.id=7"),
                        sound.replaceAll("cluster.id=.*", "cluster.id=%%"),
                        sound.replace("version=1", "version=99"),
                        sound.replaceAll("directory.id=.*", ""))) {
            Files.writeString(meta, damage);
            assertThatThrownBy(this::started)
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining(meta.toString());
        }
        Files.writeString(meta, sound);
        started().close();
    }

    @Test
    void anErrorInsideKafkaIsAnErrorOfStartAndLeavesNothingBehind() throws Exception {
        started().close();
        Path bootstrap = directory.resolve("bootstrap.checkpoint");
        byte[] sound = Files.readAllBytes(bootstrap);
        Files.write(bootstrap, new byte[] {1, 2, 3});
        assertThatThrownBy(this::started)
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("cannot start");
        Files.write(bootstrap, sound);
        started().close();
        assertThat(fault).hasValue(null);
    }

    @Test
    void tellsOfAFatalFaultAndLeavesTheProcessAlone() throws Exception {
        try (var kafka = started();
                var log = open(kafka)) {
            log.ensureTopics(List.of("topic"));
            delete(directory);
            Thread.ofVirtual().start(() -> ignoreFailure(log));
            await().atMost(Duration.ofSeconds(60)).until(() -> fault.get() != null);
        }
        MillraceException told = fault.get();
        assertThat(told).isNotNull().hasMessageContaining("has died");
    }

    private static void ignoreFailure(StreamLog log) {
        assertThatCode(() -> log.ensureTopics(List.of("another")))
                .isInstanceOf(MillraceException.class);
    }

    @Test
    void closesTwiceAndStartsOnce() {
        EmbeddedKafka kafka = started();
        kafka.awaitReady(Duration.ofSeconds(30));
        assertThatThrownBy(kafka::start).isInstanceOf(MillraceException.class);
        kafka.close();
        kafka.close();
        assertThatThrownBy(kafka::start).isInstanceOf(MillraceException.class);
        assertThatThrownBy(kafka::bootstrapServers)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }

    @Test
    void canBeClosedWhileItStarts() throws Exception {
        var kafka = new EmbeddedKafka(EmbeddedKafkaConfig.of(directory, 0), fault::set);
        var failure = new CompletableFuture<Throwable>();
        Thread starter =
                Thread.ofPlatform().start(() -> failure.complete(catchThrowable(kafka::start)));
        await().atMost(30, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> Files.exists(directory.resolve("meta.properties")));
        kafka.close();
        starter.join();
        assertThat(failure.get()).isInstanceOf(MillraceException.class);
        started().close();
    }

    @Test
    void leavesNoThreadBehind() {
        started().close();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() ->
                        assertThat(Thread.getAllStackTraces().keySet())
                                .extracting(Thread::getName)
                                .noneMatch(name -> name.contains("kafka")));
    }

    private EmbeddedKafka started() {
        var kafka = new EmbeddedKafka(EmbeddedKafkaConfig.of(directory, 0), fault::set);
        kafka.start();
        return kafka;
    }

    private static StreamLog open(EmbeddedKafka kafka) {
        return KafkaStreamLog.open(
                KafkaLogConfig.of(kafka.bootstrapServers()), TimeSource.system());
    }

    private static void append(StreamLog log, String value) throws Exception {
        append(log, value.getBytes(StandardCharsets.UTF_8));
    }

    private static void append(StreamLog log, byte[] value)
            throws InterruptedException, ExecutionException, TimeoutException {
        var done = new CompletableFuture<@Nullable Void>();
        log.append(
                new OutgoingRecord("topic", new byte[] {1}, value, List.of(), 1),
                failure -> {
                    if (failure == null) {
                        done.complete(null);
                    } else {
                        done.completeExceptionally(failure);
                    }
                });
        done.get(30, TimeUnit.SECONDS);
    }

    private static List<LogRecord> read(LogConsumer consumer, int count) {
        var records = new ArrayList<LogRecord>();
        await().atMost(Duration.ofSeconds(30))
                .pollInSameThread()
                .until(() -> {
                    records.addAll(consumer.poll(MOMENT));
                    return records.size() >= count;
                });
        return records;
    }

    private static List<String> texts(List<LogRecord> records) {
        return records.stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private static void delete(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }
}
