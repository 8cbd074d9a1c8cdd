package io.millrace.embedded.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * {@code kill -9} of a store under load: each change that was acknowledged is told, nothing is told
 * that was not asked for, and no object is there by half.
 */
@Timeout(240)
class KilledStoreTest {

    private static final int KILLS = 3;
    private static final int WRITERS = 4;

    @TempDir private Path folder;

    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> attempted = ConcurrentHashMap.newKeySet();
    private final Map<String, String> contents = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void whatWasAcknowledgedIsTold(long seed) throws Exception {
        RandomGenerator random = random(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            int until = acknowledged.size() + random.nextInt(20, 250);
            loadAndKill(random, until);
        }
        try (var server = new Running()) {
            S3Client client = server.client();
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(told()).containsAll(acknowledged));
            assertThat(attempted).as("seed %d: told and never asked for", seed).containsAll(told());
            for (S3Object object :
                    client.listObjectsV2Paginator(r -> r.bucket(ServeUntilKilled.BUCKET))
                            .contents()) {
                String etag = object.eTag().replace("\"", "");
                assertThat(etag)
                        .as("seed %d: %s", seed, object.key())
                        .isEqualTo(contents.get(object.key()));
                byte[] content =
                        client.getObjectAsBytes(
                                        r -> r.bucket(ServeUntilKilled.BUCKET).key(object.key()))
                                .asByteArray();
                assertThat(md5(content)).isEqualTo(etag);
            }
        }
        assertThat(acknowledged).hasSizeGreaterThan(KILLS * 20);
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    private void loadAndKill(RandomGenerator random, int until) throws Exception {
        var running = new AtomicBoolean(true);
        List<Thread> writers = new ArrayList<>();
        try (var server = new Running()) {
            for (int i = 0; i < WRITERS; i++) {
                long seed = random.nextLong();
                S3Client client = server.client();
                writers.add(Thread.ofPlatform().start(() -> write(client, random(seed), running)));
            }
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> acknowledged.size() >= until);
        } finally {
            running.set(false);
        }
        for (Thread writer : writers) {
            writer.join();
        }
    }

    /** Each key is used once for an object, so that what is there can be told apart. */
    private void write(S3Client client, RandomGenerator random, AtomicBoolean running) {
        while (running.get()) {
            String key = "k" + numbers.incrementAndGet();
            var content = new byte[random.nextInt(20) == 0 ? 300_000 : random.nextInt(2_000)];
            random.nextBytes(content);
            String etag = md5(content);
            contents.put(key, etag);
            try {
                change(
                        "ObjectCreated:Put " + key + " " + etag,
                        () ->
                                client.putObject(
                                        r -> r.bucket(ServeUntilKilled.BUCKET).key(key),
                                        RequestBody.fromBytes(content)));
                if (random.nextInt(4) == 0) {
                    contents.put(key + "-copy", etag);
                    change(
                            "ObjectCreated:Copy " + key + "-copy " + etag,
                            () ->
                                    client.copyObject(r ->
                                            r.sourceBucket(ServeUntilKilled.BUCKET)
                                                    .sourceKey(key)
                                                    .destinationBucket(ServeUntilKilled.BUCKET)
                                                    .destinationKey(key + "-copy")));
                }
                if (random.nextInt(4) == 0) {
                    change(
                            "ObjectRemoved:Delete " + key + " " + etag,
                            () ->
                                    client.deleteObject(
                                            r -> r.bucket(ServeUntilKilled.BUCKET).key(key)));
                }
            } catch (SdkException _) {
                // The server is dead: what was under way may have happened or not.
            }
        }
    }

    private void change(String what, Runnable request) {
        attempted.add(what);
        request.run();
        acknowledged.add(what);
    }

    private static String md5(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private Set<String> told() throws IOException {
        String text = Files.readString(folder.resolve("told"));
        // A line without an end was cut by a kill; what it tells is told again.
        Set<String> lines = new HashSet<>();
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1)) {
            if (line.startsWith("Object") && line.split(" ", -1).length == 3) {
                lines.add(line);
            }
        }
        return lines;
    }

    /** The process, killed when closed. */
    private final class Running implements AutoCloseable {
        private final Process process;
        private final List<S3Client> clients = new ArrayList<>();

        Running() throws IOException {
            Path door = folder.resolve("door");
            Files.deleteIfExists(door);
            process =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx256m",
                                    "--enable-native-access=ALL-UNNAMED",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    ServeUntilKilled.class.getName(),
                                    folder.resolve("s3").toString(),
                                    folder.resolve("told").toString(),
                                    door.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("process.log").toFile())
                            .start();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(door) || !process.isAlive());
            assertThat(process.isAlive()).as(() -> text(folder.resolve("process.log"))).isTrue();
        }

        S3Client client() throws IOException {
            List<String> door = Files.readAllLines(folder.resolve("door"));
            S3Client client =
                    S3Client.builder()
                            .endpointOverride(URI.create(door.get(0)))
                            .region(Region.US_EAST_1)
                            .forcePathStyle(true)
                            .overrideConfiguration(o -> o.retryStrategy(s -> s.maxAttempts(1)))
                            .credentialsProvider(
                                    StaticCredentialsProvider.create(
                                            AwsBasicCredentials.create(door.get(1), door.get(2))))
                            .build();
            clients.add(client);
            return client;
        }

        private static String text(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                return e.toString();
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
            process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
            clients.forEach(S3Client::close);
        }
    }
}
