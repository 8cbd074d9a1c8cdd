package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.KafkaConnection;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaClusters;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.Secrets;
import io.millrace.spi.StreamLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of somebody else: TLS, user and password. */
@Timeout(120)
class SecuredClusterIT {
    private static final ProjectId SHOP = new ProjectId("shop");
    private static final String STORE_PASSWORD = "changeit";

    @TempDir private static Path directory;

    private static @Nullable KafkaRaftServer server;
    private static String secured = "";
    private static String plain = "";
    private static String certificate = "";

    private final Map<String, Map<String, String>> values = new ConcurrentHashMap<>();
    private final Secrets secrets =
            (_, name) -> Optional.ofNullable(values.get(name.value())).map(Secrets.Secret::new);

    @BeforeAll
    static void startTheCluster()
            throws IOException, InterruptedException, GeneralSecurityException {
        var config = EmbeddedKafkaConfig.of(directory.resolve("kafka"), 0);
        new BrokerDirectory(config.directory()).prepare();
        int plainPort = Ports.anyFree();
        int securedPort = Ports.anyFree();
        Properties settings = BrokerSettings.of(config, plainPort, Ports.anyFree());
        secure(settings, securedPort);
        var created = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        created.startup();
        server = created;
        secured = "127.0.0.1:" + securedPort;
        plain = "127.0.0.1:" + plainPort;
        try (StreamLog own = KafkaStreamLog.open(KafkaLogConfig.of(plain), TimeSource.system())) {
            own.ensureTopics(Set.of("orders"));
        }
    }

    @AfterAll
    static void stopTheCluster() {
        KafkaRaftServer running = server;
        if (running != null) {
            running.shutdown();
            running.awaitShutdown();
        }
    }

    private static void secure(Properties settings, int port)
            throws IOException, InterruptedException, GeneralSecurityException {
        settings.setProperty(
                "listeners", settings.getProperty("listeners") + ",SECURE://127.0.0.1:" + port);
        settings.setProperty(
                "advertised.listeners",
                settings.getProperty("advertised.listeners") + ",SECURE://127.0.0.1:" + port);
        settings.setProperty(
                "listener.security.protocol.map",
                settings.getProperty("listener.security.protocol.map") + ",SECURE:SASL_SSL");
        String listener = "listener.name.secure.";
        settings.setProperty(listener + "sasl.enabled.mechanisms", "PLAIN");
        settings.setProperty(
                listener + "plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required"
                        + " user_ada=\"with \\\"quotes\\\"\";");
        Path keys = directory.resolve("keys.p12");
        makeKey(keys);
        try (InputStream in = Files.newInputStream(keys)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, STORE_PASSWORD.toCharArray());
            certificate = pem("CERTIFICATE", store.getCertificate("broker").getEncoded());
            settings.setProperty(listener + "ssl.keystore.type", "PEM");
            settings.setProperty(listener + "ssl.keystore.certificate.chain", certificate);
            settings.setProperty(
                    listener + "ssl.keystore.key",
                    pem(
                            "PRIVATE KEY",
                            store.getKey("broker", STORE_PASSWORD.toCharArray()).getEncoded()));
        }
    }

    private static void makeKey(Path keys) throws IOException, InterruptedException {
        Process made =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "broker",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=broker",
                                "-ext",
                                "san=ip:127.0.0.1",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                keys.toString(),
                                "-storepass",
                                STORE_PASSWORD)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("keytool.log").toFile())
                        .start();
        assertThat(made.waitFor()).isZero();
    }

    private static String pem(String label, byte[] content) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(
                        label,
                        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content),
                        label);
    }

    private static KafkaConnection connection(String secret) {
        return new KafkaConnection(
                secured,
                Optional.of(new ResourceName(secret)),
                Optional.of("PLAIN"),
                true,
                Map.of());
    }

    @Test
    void writesAndReadsWithHeadersAndKeys() {
        values.put(
                "login", Map.of("user", "ada", "password", "with \"quotes\"", "ca", certificate));
        try (var clusters = new KafkaClusters(secrets, TimeSource.system());
                StreamLog cluster = clusters.open(SHOP, connection("login"));
                LogConsumer consumer =
                        cluster.consumer(new ConsumerSpec("readers", "one", 0, 100))) {
            cluster.ensureTopics(Set.of("orders"));
            var appended = new CompletableFuture<Void>();
            cluster.append(
                    new OutgoingRecord(
                            "orders",
                            new byte[] {'k'},
                            new byte[] {1, 2},
                            List.of(Header.of("correlation-id", "7")),
                            42),
                    failure -> {
                        if (failure == null) {
                            appended.complete(null);
                        } else {
                            appended.completeExceptionally(failure);
                        }
                    });
            await().atMost(30, TimeUnit.SECONDS).until(appended::isDone);
            assertThat(appended).isCompleted();

            consumer.subscribe(Set.of("orders"));
            var read = new ArrayList<LogRecord>();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> {
                        read.addAll(consumer.poll(Duration.ofMillis(200)));
                        return !read.isEmpty();
                    });
            assertThat(read.getFirst().key()).containsExactly('k');
            assertThat(read.getFirst().value()).containsExactly(1, 2);
            assertThat(Header.find(read.getFirst().headers(), "correlation-id")).isEqualTo("7");
        }
    }

    @Test
    void aWrongPasswordIsSaidWithoutSayingIt() {
        values.put("wrong", Map.of("user", "ada", "password", "hunter2", "ca", certificate));
        try (var clusters = new KafkaClusters(secrets, TimeSource.system());
                StreamLog cluster = clusters.open(SHOP, connection("wrong"))) {
            assertThatThrownBy(() -> cluster.ensureTopics(Set.of("orders")))
                    .isInstanceOf(MillraceException.class)
                    .hasMessageContaining("refused the credentials")
                    .hasMessageNotContaining("hunter2");
        }
    }

    @Test
    void topicsOfOthersAreNotMade() {
        values.put(
                "login", Map.of("user", "ada", "password", "with \"quotes\"", "ca", certificate));
        try (var clusters = new KafkaClusters(secrets, TimeSource.system());
                StreamLog cluster = clusters.open(SHOP, connection("login"))) {
            assertThatThrownBy(() -> cluster.ensureTopics(Set.of("missing")))
                    .hasMessageContaining("missing")
                    .hasMessageContaining("make it there");
        }
    }

    @Test
    void aSecretThatIsMissingOrLacksAValueIsNamed() {
        values.put("half", Map.of("user", "ada"));
        try (var clusters = new KafkaClusters(secrets, TimeSource.system())) {
            assertThatThrownBy(() -> clusters.open(SHOP, connection("none")))
                    .hasMessageContaining("no secret 'none'");
            assertThatThrownBy(() -> clusters.open(SHOP, connection("half")))
                    .hasMessageContaining("lacks 'password'");
        }
    }
}
