package io.millrace.connector.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AllowedOrigins;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HttpArtifactSourceTest {

    private static final byte[] CONTENT = "the content of a model".getBytes(StandardCharsets.UTF_8);

    @TempDir Path folder;
    private HttpServer server;
    private final AtomicInteger requests = new AtomicInteger();

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        String path = exchange.getRequestURI().getPath();
        try (exchange) {
            if (path.startsWith("/to/")) {
                exchange.getResponseHeaders().add("Location", location(path));
                exchange.sendResponseHeaders(302, -1);
            } else if (path.startsWith("/status/")) {
                exchange.sendResponseHeaders(Integer.parseInt(path.substring(8)), -1);
            } else {
                // Length 0 means chunked here: the client learns the size only as it comes.
                exchange.sendResponseHeaders(200, path.contains("chunked") ? 0 : CONTENT.length);
                exchange.getResponseBody().write(CONTENT);
            }
        }
    }

    private String location(String path) {
        return switch (path) {
            case "/to/loop" -> "/to/loop";
            case "/to/ip" -> "http://127.0.0.1:" + port() + "/a.onnx";
            case "/to/file" -> "file:/etc/passwd";
            case "/to/nowhere" -> "http://[";
            default -> "/b.onnx";
        };
    }

    private int port() {
        return server.getAddress().getPort();
    }

    private HttpArtifactSource named() {
        return new HttpArtifactSource(
                AllowedOrigins.parse(List.of("http://localhost:" + port() + "/")));
    }

    private URI at(String path) {
        return URI.create("http://localhost:" + port() + path);
    }

    @Test
    void fetchesAFileUnderItsName() {
        try (var source = named()) {
            source.fetch(at("/models/a.onnx?token=x"), folder, DataSize.ofMebibytes(1));
        }
        assertThat(folder.resolve("a.onnx")).hasBinaryContent(CONTENT);
    }

    @Test
    void followsARedirectToAnAllowedAddress() {
        try (var source = named()) {
            source.fetch(at("/to/same"), folder, DataSize.ofMebibytes(1));
        }
        assertThat(folder.resolve("b.onnx")).hasBinaryContent(CONTENT);
    }

    @Test
    void checksEachRedirectAsIfItHadBeenAskedFor() {
        assertRefused("/to/ip", ErrorCode.DENIED, "127.0.0.1");
        assertRefused("/to/file", ErrorCode.INVALID, "file");
        assertRefused("/to/nowhere", ErrorCode.INVALID, "no address");
        assertRefused("/to/loop", ErrorCode.INVALID, "redirects");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void neverConnectsToAPrivateAddressBehindAnyName() {
        for (String host : List.of("localhost", "127.0.0.1", "[::1]")) {
            try (var source = new HttpArtifactSource(AllowedOrigins.parse(List.of("http:")))) {
                URI address = URI.create("http://" + host + ":" + port() + "/a.onnx");
                assertThatThrownBy(() -> source.fetch(address, folder, DataSize.ofMebibytes(1)))
                        .isInstanceOfSatisfying(
                                MillraceException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.DENIED))
                        .hasMessageContaining("not public");
            }
        }
        assertThat(requests).hasValue(0);
    }

    @Test
    void saysWhetherAnotherTryMayHelp() {
        assertRefused("/status/404", ErrorCode.NOT_FOUND, "404");
        assertRefused("/status/403", ErrorCode.DENIED, "403");
        assertRefused("/status/503", ErrorCode.UNAVAILABLE, "503");
        assertRefused("/status/429", ErrorCode.UNAVAILABLE, "429");
        assertRefused("/status/418", ErrorCode.INVALID, "418");
    }

    @Test
    void stopsAtTheLimitWhateverTheServerDeclares() {
        for (String path : List.of("/a.onnx", "/chunked.onnx")) {
            try (var source = named()) {
                assertThatThrownBy(() -> source.fetch(at(path), folder, new DataSize(10)))
                        .isInstanceOfSatisfying(
                                MillraceException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
            }
        }
    }

    @Test
    void aServerThatIsNotThereMayComeBack() {
        int port = port();
        server.stop(0);
        try (var source =
                new HttpArtifactSource(
                        AllowedOrigins.parse(List.of("http://localhost:" + port + "/")))) {
            URI address = URI.create("http://localhost:" + port + "/a.onnx");
            assertThatThrownBy(() -> source.fetch(address, folder, DataSize.ofMebibytes(1)))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        }
    }

    @Test
    void takesNoHeadersThatFillTheMemory() throws IOException {
        String answer = "HTTP/1.1 200 OK\r\nX: " + "a".repeat(1 << 20) + "\r\n\r\n";
        assertRawRefused(out -> write(out, answer), ErrorCode.INVALID, "headers are too large");
        String many = "HTTP/1.1 200 OK\r\n" + "X: a\r\n".repeat(10_000) + "\r\n";
        assertRawRefused(out -> write(out, many), ErrorCode.INVALID, "headers are too large");
    }

    @Test
    void leavesAServerThatNeverComesToAnEnd() throws IOException {
        String redirect = "HTTP/1.1 302 Found\r\nLocation: /a.onnx\r\n\r\n";
        assertRawGivenUp(out -> endless(out, redirect, "x"));
        String wait = "HTTP/1.1 100 Continue\r\n\r\n";
        assertRawGivenUp(out -> endless(out, wait, wait));
        String failed = "HTTP/1.1 500 Error\r\n\r\n";
        assertRawRefused(out -> endless(out, failed, "x"), ErrorCode.UNAVAILABLE, "status 500");
    }

    /** An answer as bytes, for a server that does not keep to the rules. */
    @FunctionalInterface
    private interface RawAnswer {
        void write(OutputStream out) throws IOException;
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** Goes on until the client hangs up. */
    private static void endless(OutputStream out, String head, String more) throws IOException {
        write(out, head);
        while (true) {
            write(out, more);
        }
    }

    private void assertRawRefused(RawAnswer answer, ErrorCode code, String text)
            throws IOException {
        assertRawRefused(Duration.ofMinutes(1), answer, code, text);
    }

    private void assertRawGivenUp(RawAnswer answer) throws IOException {
        assertRawRefused(Duration.ofMillis(500), answer, ErrorCode.UNAVAILABLE, "longer than");
    }

    private void assertRawRefused(Duration longest, RawAnswer answer, ErrorCode code, String text)
            throws IOException {
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual()
                    .start(() -> {
                        try (var socket = listener.accept()) {
                            answer.write(socket.getOutputStream());
                        } catch (IOException e) {
                            // The client hung up, as it shall.
                        }
                    });
            String base = "http://127.0.0.1:" + listener.getLocalPort() + "/";
            try (var source =
                    new HttpArtifactSource(AllowedOrigins.parse(List.of(base)), longest)) {
                assertThatThrownBy(() ->
                                source.fetch(
                                        URI.create(base + "a.onnx"),
                                        folder,
                                        DataSize.ofMebibytes(1)))
                        .isInstanceOfSatisfying(
                                MillraceException.class, e -> assertThat(e.code()).isEqualTo(code))
                        .hasMessageContaining(text);
            }
        }
    }

    private void assertRefused(String path, ErrorCode code, String text) {
        try (var source = named()) {
            assertThatThrownBy(() -> source.fetch(at(path), folder, DataSize.ofMebibytes(1)))
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.code()).isEqualTo(code))
                    .hasMessageContaining(text);
        }
    }
}
