package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.system.CommandLine.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each mistake gets a clear error in the right place, and the rest goes on. */
@Timeout(300)
class BadInputSystemTest {

    @TempDir static Path folder;
    private static ServerProcess server;

    @BeforeAll
    static void start() {
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aSecondServerOnTheSameFolderNamesTheFirst() {
        try (var second = new ServerProcess(server.data(), ServerProcess.Ports.free())) {
            second.launch();

            assertThat(second.awaitExit(Duration.ofSeconds(30))).isNotZero();
            assertThat(second.logText())
                    .contains("in use by process " + server.pid())
                    .contains("--data DIR");
        }
        assertThat(server.isReady()).isTrue();
    }

    @Test
    void aTakenPortIsNamedWithTheWayOut() throws IOException {
        try (var taken = new ServerSocket(0)) {
            var free = ServerProcess.Ports.free();
            for (var ports :
                    new ServerProcess.Ports[] {
                        new ServerProcess.Ports(
                                taken.getLocalPort(), free.mqtt(), free.mqttPlain(), free.kafka()),
                        new ServerProcess.Ports(
                                free.http(), taken.getLocalPort(), free.mqttPlain(), free.kafka()),
                        new ServerProcess.Ports(
                                free.http(), free.mqtt(), free.mqttPlain(), taken.getLocalPort())
                    }) {
                try (var second =
                        new ServerProcess(folder.resolve("other" + ports.hashCode()), ports)) {
                    second.launch();

                    assertThat(second.awaitExit(Duration.ofSeconds(30))).isNotZero();
                    assertThat(second.logText())
                            .contains("millrace: ")
                            .contains(Integer.toString(taken.getLocalPort()));
                }
            }
        }
    }

    @Test
    void aWrongFileIsReportedWithAllItsErrorsAndLines() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("wrong.yaml"),
                        """
                        apiVersion: millrace.io/v1
                        kind: DataSource
                        metadata: {name: cam}
                        spec:
                          mqtt: {}
                          feilds: [{name: a, topic: a}]
                        ---
                        apiVersion: millrace.io/v1
                        kind: Pipline
                        metadata: {name: p}
                        spec: {}
                        """);

        Outcome outcome = CommandLine.millrace(server, "apply", "-f", file.toString());

        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.err())
                .contains("wrong.yaml:6:")
                .contains("did you mean 'fields'?")
                .contains("wrong.yaml:9:")
                .contains("did you mean 'Pipeline'?");
        assertThat(server.get("/api/v1/projects/default/datasources").body())
                .doesNotContain("\"cam\"");
    }

    @Test
    void aZipThatReachesOutsideIsRejectedWithItsEntryNamed() throws IOException {
        var answer = upload("slip", zip("../../evil.txt"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("../../evil.txt");
        assertThat(folder.resolve("evil.txt")).doesNotExist();
    }

    @Test
    void whatIsNoSavedModelIsRejectedWithTheReason() throws IOException {
        assertThat(upload("none", zip("readme.txt")).body()).contains("saved_model.pb");
        byte[] truncated = zip("saved_model.pb");
        var answer = upload("truncated", java.util.Arrays.copyOf(truncated, truncated.length / 2));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(server.get("/api/v1/projects/default/models").body())
                .doesNotContain("\"truncated\"");
    }

    @Test
    void aClientWithoutCertificateIsRefused() throws Exception {
        SSLContext blind = SSLContext.getInstance("TLSv1.2");
        blind.init(null, new TrustManager[] {new TrustsEverybody()}, null);

        assertThat(refusal(blind))
                .isInstanceOfAny(SSLException.class, java.net.SocketException.class);
        assertThat(server.isReady()).isTrue();
    }

    @Test
    void aMisspeltPathIsAnsweredInJson() {
        var answer = server.post("/v1/model/m:infer", "application/json", "{}");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).startsWith("{\"error\":");
    }

    @Test
    void aPageOfAnotherSiteIsRefused() {
        var answer =
                server.send(
                        HttpRequest.newBuilder(
                                        server.url().resolve("/api/v1/apply?project=default"))
                                .header("Origin", "https://evil.example")
                                .header("Content-Type", "text/plain")
                                .POST(HttpRequest.BodyPublishers.ofString("kind: Project"))
                                .build());

        assertThat(answer.statusCode()).isEqualTo(403);
    }

    @Test
    void sigtermEndsTheServerWithinTenSeconds() {
        try (var other =
                new ServerProcess(folder.resolve("stopped"), ServerProcess.Ports.free()).start()) {
            assertThat(other.terminate(Duration.ofSeconds(30))).isIn(0, 143);
        }
    }

    private static Exception refusal(SSLContext context) {
        try (var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket("127.0.0.1", server.ports().mqtt())) {
            socket.setSoTimeout(30_000);
            socket.startHandshake();
            socket.getOutputStream().write(new byte[] {(byte) 0xc0, 0});
            int answer = socket.getInputStream().read();
            throw new AssertionError("the broker spoke to a stranger: " + answer);
        } catch (IOException e) {
            return e;
        }
    }

    private static HttpResponse<String> upload(String model, byte[] archive) {
        return server.send(
                HttpRequest.newBuilder(
                                URI.create(
                                        server.url()
                                                + "/api/v1/projects/default/models/"
                                                + model
                                                + "/versions/1?framework=tensorflow"))
                        .header("Content-Type", "application/zip")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(archive))
                        .build());
    }

    private static byte[] zip(String entry) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write("content".getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static final class TrustsEverybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
