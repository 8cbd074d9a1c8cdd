package io.millrace.connector.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.api.PipelineSpec.MqttOutput;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class SecuredBrokerTest {
    private static final String WRONG = "correct-horse-battery";
    private static final String RIGHT = "staple-of-the-plant";

    @TempDir private Path folder;

    private void run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("command.out").toFile())
                        .start();
        assertThat(process.waitFor())
                .as(String.join(" ", command) + ": " + folder.resolve("command.out"))
                .isZero();
    }

    private Mosquitto withPassword() throws IOException, InterruptedException {
        Path passwords = folder.resolve("passwords");
        run("mosquitto_passwd", "-c", "-b", passwords.toString(), "plant", RIGHT);
        return Mosquitto.in(folder, "allow_anonymous false", "password_file " + passwords).start();
    }

    @Test
    void aWrongPasswordIsSaidAndNeverShownAndARightOneIsUsedAtOnce() throws Exception {
        var seen = new ListAppender<ILoggingEvent>();
        var root = (Logger) LoggerFactory.getLogger("ROOT");
        Level before = root.getLevel();
        root.setLevel(Level.TRACE);
        seen.start();
        root.addAppender(seen);
        try (var broker = withPassword();
                var world = new World()) {
            String url = "mqtt://127.0.0.1:" + broker.port();
            world.connector.start(World.binding(World.connection(url, true), "a"));
            await().atMost(World.PATIENCE)
                    .until(() -> world.state().reason().equals("Misconfigured"));
            assertThat(world.state().message()).contains("no secret 'plant-login'");

            world.secrets.set(World.SECRET, Map.of("user", "plant", "password", WRONG));
            await().atMost(World.PATIENCE)
                    .until(() -> world.state().reason().equals("NotAuthorized"));
            assertThat(world.state().message())
                    .contains("refuses the user or password")
                    .doesNotContain(WRONG);

            world.secrets.set(World.SECRET, Map.of("user", "plant", "password", RIGHT));
            world.awaitListening();
            assertThat(BrokerLogin.of(World.GRID, World.connection(url, true), world.secrets))
                    .asString()
                    .doesNotContain(RIGHT, "plant-login");
        } finally {
            root.detachAppender(seen);
            root.setLevel(before);
        }
        assertThat(seen.list).isNotEmpty();
        for (ILoggingEvent event : List.copyOf(seen.list)) {
            String all = event.getFormattedMessage() + " " + event.getThrowableProxy();
            assertThat(all).doesNotContain(WRONG, RIGHT);
        }
    }

    @Test
    void aSecretThatWasChangedIsUsedByASinkAtOnce() throws Exception {
        try (var broker = withPassword();
                var world = new World()) {
            world.secrets.set(World.SECRET, Map.of("user", "plant", "password", WRONG));
            var output =
                    new MqttOutput(
                            "out",
                            Optional.of(
                                    World.connection("mqtt://127.0.0.1:" + broker.port(), true)),
                            1,
                            false,
                            false);
            try (Sink sink = world.connector.open(World.GRID, output).orElseThrow()) {
                var batch = List.of(new OutputRecord("out", null, new byte[] {1}, List.of(), 0));
                await().atMost(World.PATIENCE)
                        .untilAsserted(() ->
                                org.assertj.core.api.Assertions.assertThatThrownBy(
                                                () -> sink.write(batch))
                                        .hasMessageContaining("refuses the user or password")
                                        .hasMessageNotContaining(WRONG));
                world.secrets.set(World.SECRET, Map.of("user", "plant", "password", RIGHT));
                await().atMost(World.PATIENCE)
                        .ignoreExceptions()
                        .until(() -> sink.write(batch).isEmpty());
            }
        }
    }

    private void makeCertificates() throws IOException, InterruptedException {
        ca("ca");
        ca("other");
        certificate("server", "subjectAltName=IP:127.0.0.1");
        certificate("elsewhere", "subjectAltName=DNS:elsewhere.example");
        certificate("client", "keyUsage=digitalSignature");
        run("openssl", "rsa", "-traditional", "-in", "client.key", "-out", "client.rsa.key");
    }

    private void ca(String name) throws IOException, InterruptedException {
        run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-keyout",
                name + ".key",
                "-out",
                name + ".crt");
    }

    private void certificate(String name, String extension)
            throws IOException, InterruptedException {
        run(
                "openssl",
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                name + ".key",
                "-out",
                name + ".csr");
        Files.writeString(folder.resolve(name + ".ext"), extension + "\n");
        run(
                "openssl",
                "x509",
                "-req",
                "-in",
                name + ".csr",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                name + ".ext",
                "-out",
                name + ".crt");
    }

    private String pem(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    private Mosquitto withTls(String server) {
        return Mosquitto.in(
                        folder,
                        "cafile " + folder.resolve("ca.crt"),
                        "certfile " + folder.resolve(server + ".crt"),
                        "keyfile " + folder.resolve(server + ".key"),
                        "require_certificate true")
                .start();
    }

    @Test
    void speaksTlsWithACertificateOfItsOwn() throws Exception {
        makeCertificates();
        for (String key : List.of("client.key", "client.rsa.key")) {
            try (var broker = withTls("server");
                    var world = new World()) {
                world.secrets.set(
                        World.SECRET,
                        Map.of(
                                "ca",
                                pem("ca.crt"),
                                "certificate",
                                pem("client.crt"),
                                "key",
                                pem(key)));
                var connection = World.connection("mqtts://127.0.0.1:" + broker.port(), true);
                world.listen(World.binding(connection, "a"));
                var output = new MqttOutput("a", Optional.of(connection), 1, false, false);
                try (Sink sink = world.connector.open(World.GRID, output).orElseThrow()) {
                    assertThat(
                                    sink.write(
                                            List.of(
                                                    new OutputRecord(
                                                            "a",
                                                            null,
                                                            new byte[] {'x'},
                                                            List.of(),
                                                            0))))
                            .isEmpty();
                }
                world.awaitTexts("x");
            }
        }
    }

    @Test
    void aBrokerOfAnotherAuthorityOrNameIsNotTrusted() throws Exception {
        makeCertificates();
        try (var broker = withTls("server");
                var world = new World()) {
            world.secrets.set(
                    World.SECRET,
                    Map.of(
                            "ca",
                            pem("other.crt"),
                            "certificate",
                            pem("client.crt"),
                            "key",
                            pem("client.key")));
            assertNoTls(world, broker, "unable to find valid certification path");
        }
        try (var broker = withTls("elsewhere");
                var world = new World()) {
            world.secrets.set(
                    World.SECRET,
                    Map.of(
                            "ca",
                            pem("ca.crt"),
                            "certificate",
                            pem("client.crt"),
                            "key",
                            pem("client.key")));
            assertNoTls(world, broker, "127.0.0.1");
        }
    }

    private static void assertNoTls(World world, Mosquitto broker, String why) {
        world.connector.start(
                World.binding(World.connection("mqtts://127.0.0.1:" + broker.port(), true), "a"));
        await().atMost(World.PATIENCE)
                .untilAsserted(() ->
                        assertThat(world.state().message())
                                .contains("no TLS connection")
                                .contains(why));
        assertThat(world.state().isTaking()).isFalse();
    }

    @Test
    void aSecretThatDoesNotFitIsSaidWithoutItsContent() throws Exception {
        makeCertificates();
        String hidden = "hunter2";
        assertMisfit("mqtt://127.0.0.1:1", Map.of("ca", hidden), "use mqtts://");
        assertMisfit("mqtts://127.0.0.1:1", Map.of("ca", hidden), "'ca' holds no certificate");
        assertMisfit("mqtts://127.0.0.1:1", Map.of("other", hidden), "it needs 'user'");
        assertMisfit(
                "mqtts://127.0.0.1:1", Map.of("certificate", pem("client.crt")), "lacks 'key'");
        assertMisfit(
                "mqtts://127.0.0.1:1",
                Map.of("certificate", pem("client.crt"), "key", hidden),
                "'key' holds no key in PEM");
        assertMisfit(
                "mqtts://127.0.0.1:1",
                Map.of(
                        "certificate",
                        pem("client.crt"),
                        "key",
                        "-----BEGIN EC PRIVATE KEY-----\n"
                                + hidden
                                + "\n-----END EC PRIVATE KEY-----"),
                "openssl pkcs8");
    }

    private static void assertMisfit(String url, Map<String, String> values, String message) {
        try (var world = new World()) {
            world.secrets.set(World.SECRET, values);
            org.assertj.core.api.Assertions.assertThatThrownBy(() ->
                            BrokerLogin.of(World.GRID, World.connection(url, true), world.secrets))
                    .hasMessageContaining(message)
                    .hasMessageContaining("secret 'plant-login'")
                    .hasMessageNotContaining("hunter2");
        }
    }
}
