package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * {@code kill -9} of the real server while objects are put into its store: every put that was
 * acknowledged has its event in the log, and no event is there of an object that nobody put.
 */
@Timeout(1_200)
@ExtendWith(Faults.class)
class ObjectCrashSystemTest {

    private static final int KILLS = 3;
    private static final int WRITERS = 4;
    private static final Duration SETTLE = Duration.ofMinutes(5);
    private static final String BUCKET = "goods";
    private static final Pattern VALUE = Pattern.compile("\"(accessKey|secretKey)\":\"([^\"]+)\"");

    private static final String RESOURCES =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: goods}
            spec: {bucket: {}, fields: [{name: uploads, bucket: goods}]}
            """;

    @TempDir private Path folder;

    private final int s3 = FreePort.next();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> attempted = ConcurrentHashMap.newKeySet();
    private final AtomicInteger numbers = new AtomicInteger();

    static Stream<Long> seeds() {
        return Faults.seeds(3, 30);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyAcknowledgedPutHasItsEvent(long seed) throws InterruptedException {
        RandomGenerator random = Faults.random(seed);
        try (var server =
                new ServerProcess(
                                folder.resolve("data"),
                                ServerProcess.Ports.free(),
                                "--s3-port",
                                Integer.toString(s3))
                        .start()) {
            Declared.apply(server, RESOURCES);
            Declared.awaitReady(server, "datasources/goods");
            try (S3Client client = client(server)) {
                client.createBucket(r -> r.bucket(BUCKET));
                var running = new AtomicBoolean(true);
                List<Thread> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    RandomGenerator own = Faults.random(random.nextLong());
                    writers.add(Thread.ofPlatform().start(() -> write(client, own, running)));
                }
                for (int kill = 0; kill < KILLS; kill++) {
                    int wanted = acknowledged.size() + random.nextInt(30, 400);
                    await().atMost(SETTLE).until(() -> acknowledged.size() > wanted);
                    server.kill();
                    server.launch();
                    if (random.nextInt(3) == 0) {
                        // Also during recovery: S3 is open before the log is there.
                        await().atMost(SETTLE).until(server::isAlive);
                        server.kill();
                        server.launch();
                    }
                    server.awaitReady();
                }
                running.set(false);
                for (Thread writer : writers) {
                    writer.join();
                }
            }
            check(server, seed);
        }
    }

    private S3Client client(ServerProcess server) {
        var answer =
                server.send(
                        HttpRequest.newBuilder(
                                        server.url()
                                                .resolve(
                                                        "/api/v1/projects/default/object-store/users/test"))
                                .PUT(HttpRequest.BodyPublishers.noBody())
                                .build());
        Map<String, String> keys = new HashMap<>();
        VALUE.matcher(answer.body().replace(" ", ""))
                .results()
                .forEach(match -> keys.put(match.group(1), match.group(2)));
        assertThat(keys).as(answer.body()).hasSize(2);
        return S3Clients.of(
                URI.create("http://127.0.0.1:" + s3),
                String.valueOf(keys.get("accessKey")),
                String.valueOf(keys.get("secretKey")));
    }

    private void write(S3Client client, RandomGenerator random, AtomicBoolean running) {
        while (running.get()) {
            String key = "k" + numbers.incrementAndGet();
            var content = new byte[random.nextInt(20) == 0 ? 300_000 : random.nextInt(2_000)];
            random.nextBytes(content);
            String what = key + " " + md5(content);
            attempted.add(what);
            try {
                client.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(content));
                acknowledged.add(what);
            } catch (SdkException _) {
                // The server is dead, or on its way up: it may have happened or not.
                TimeSource.system().pause(Duration.ofMillis(20));
            }
        }
    }

    private void check(ServerProcess server, long seed) {
        Map<String, Integer> told = new HashMap<>();
        try (var log =
                        KafkaStreamLog.open(
                                KafkaLogConfig.of("127.0.0.1:" + server.ports().kafka()),
                                TimeSource.system());
                var consumer = log.consumer(new ConsumerSpec("check", "check", 0, 10_000))) {
            consumer.subscribe(Set.of("default.source.goods.uploads"));
            await().atMost(SETTLE)
                    .pollInSameThread()
                    .pollInterval(Duration.ofMillis(1))
                    .untilAsserted(() -> {
                        for (LogRecord record : consumer.poll(Duration.ofMillis(500))) {
                            told.merge(
                                    header(record, HeaderNames.OBJECT_KEY)
                                            + " "
                                            + header(record, HeaderNames.OBJECT_ETAG),
                                    1,
                                    Integer::sum);
                        }
                        assertThat(told.keySet()).as("seed %d", seed).containsAll(acknowledged);
                    });
        }
        assertThat(attempted)
                .as("seed %d: events of what nobody put", seed)
                .containsAll(told.keySet());
        assertThat(acknowledged).hasSizeGreaterThan(KILLS * 30);
        Faults.tell(
                "seed %d: %d puts acknowledged, 0 events lost, %d told again"
                        .formatted(
                                seed,
                                acknowledged.size(),
                                told.values().stream().filter(n -> n > 1).count()));
    }

    private static String header(LogRecord record, String name) {
        return record.headers().stream()
                .filter(header -> header.name().equals(name))
                .map(header -> new String(header.value(), StandardCharsets.UTF_8))
                .findFirst()
                .orElse("");
    }

    private static String md5(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
