package io.millrace.connector.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import io.millrace.api.BucketConnection;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.AllowedOrigins;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.ObjectStore.ObjectRef;
import io.millrace.spi.Secrets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real S3 server that checks signatures, and one that behaves badly. */
@Timeout(120)
class S3ObjectStoresTest {

    private static final ProjectId SHOP = new ProjectId("shop");
    private static final String SECRET = "a secret that nobody shall see";

    @TempDir private Path objects;
    private final AtomicReference<String> secret = new AtomicReference<>(SECRET);
    private final List<Secrets.Listener> listeners = new CopyOnWriteArrayList<>();
    private final Secrets secrets =
            new Secrets() {
                @Override
                public Optional<Secret> find(ProjectId project, ResourceName name) {
                    return Optional.of(
                            new Secret(Map.of("accessKey", "who", "secretKey", secret.get())));
                }

                @Override
                public Watch watch(Listener listener) {
                    listeners.add(listener);
                    return () -> listeners.remove(listener);
                }
            };
    private S3Proxy server;
    private S3ObjectStores stores;
    private ObjectStore store;

    @BeforeEach
    void serve() throws Exception {
        server =
                S3Proxy.builder()
                        .blobStore(new FilesystemNio2BlobStore(objects.toString()))
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, "who", SECRET)
                        .build();
        server.start();
        stores = stores("http://127.0.0.1:" + server.getPort());
        store = stores.open(SHOP, connection(server.getPort()));
        store.ensureBucket("photos");
    }

    @AfterEach
    void stop() throws Exception {
        store.close();
        stores.close();
        assertThat(listeners).isEmpty();
        server.stop();
    }

    private S3ObjectStores stores(String... allowed) {
        return new S3ObjectStores(
                AllowedOrigins.parse(List.of(allowed), "buckets.endpoints"),
                secrets,
                TimeSource.system());
    }

    private static Optional<BucketConnection> connection(int port) {
        return Optional.of(
                new BucketConnection(
                        "http://127.0.0.1:" + port,
                        "us-east-1",
                        Optional.of(new ResourceName("keys")),
                        true));
    }

    @Test
    void whatWasPutIsThere() {
        for (String key : List.of("a b+c%20.png", "ä/日本/🙂", "a/b/c", "-._~!$&'()*,;=:@")) {
            String etag =
                    store.put("photos", key, bytes(key), "image/png", Map.of("camera", "left"));
            var content = store.get(new ObjectRef("photos", key), 1_000);
            assertThat(content.bytes()).isEqualTo(bytes(key));
            assertThat(content.info().etag()).isEqualTo(etag);
            assertThat(content.info().metadata()).containsEntry("camera", "left");
            assertThat(content.info().contentType()).isEqualTo("image/png");
            assertThat(store.head(new ObjectRef("photos", key)).orElseThrow().size())
                    .isEqualTo(bytes(key).length);
        }
        assertThat(store.list("photos", "", "", 10)).hasSize(4);
        assertThat(store.list("photos", "a/", "", 10)).hasSize(1);
        store.copy(new ObjectRef("photos", "a/b/c"), "photos", "copy");
        store.delete(new ObjectRef("photos", "a/b/c"));
        store.delete(new ObjectRef("photos", "a/b/c"));
        assertThat(store.head(new ObjectRef("photos", "a/b/c"))).isEmpty();
        assertThat(store.get(new ObjectRef("photos", "copy"), 10).bytes())
                .isEqualTo(bytes("a/b/c"));
    }

    @Test
    void largeObjectsComeInRanges() {
        byte[] large = new byte[(8 << 20) * 2 + 17];
        RandomGenerator.of("L64X128MixRandom").nextBytes(large);
        store.put("photos", "large", large, "application/octet-stream", Map.of());
        assertThat(store.get(new ObjectRef("photos", "large"), large.length).bytes())
                .isEqualTo(large);
        fails(
                ErrorCode.TOO_LARGE,
                () -> store.get(new ObjectRef("photos", "large"), large.length - 1));
        store.put("photos", "empty", new byte[0], "text/plain", Map.of());
        assertThat(store.get(new ObjectRef("photos", "empty"), 10).bytes()).isEmpty();
    }

    @Test
    void whatIsNotMeantIsNotGiven() {
        String etag = store.put("photos", "a", bytes("one"), "text/plain", Map.of());
        store.put("photos", "a", bytes("two"), "text/plain", Map.of());
        var before = new ObjectRef("photos", "a", Optional.of(etag), Optional.empty());
        fails(ErrorCode.CONFLICT, () -> store.get(before, 10));
        assertThat(store.head(before)).isEmpty();
        store.delete(before);
        assertThat(store.get(new ObjectRef("photos", "a"), 10).bytes()).isEqualTo(bytes("two"));
        fails(ErrorCode.NOT_FOUND, () -> store.get(new ObjectRef("photos", "gone"), 10));
        fails(ErrorCode.NOT_FOUND, () -> store.get(new ObjectRef("nobodys", "a"), 10));
    }

    @Test
    void aWrongSecretIsWaitedForAndANewOneCounts() {
        store.put("photos", "a", bytes("one"), "text/plain", Map.of());
        secret.set("wrong");
        listeners.forEach(listener -> listener.changed(SHOP, new ResourceName("keys")));
        var object = new ObjectRef("photos", "a");
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(() -> store.get(object, 10))
                .satisfies(e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                    assertThat(e.text()).contains("credentials").doesNotContain("wrong");
                });
        secret.set(SECRET);
        listeners.forEach(listener -> listener.changed(SHOP, new ResourceName("keys")));
        assertThat(store.get(object, 10).bytes()).isEqualTo(bytes("one"));
    }

    @Test
    void noServerOfThisNetworkIsReachedUnlessItIsNamed() {
        try (var publicOnly = stores("https:", "http:")) {
            try (var inside = publicOnly.open(SHOP, connection(server.getPort()))) {
                fails(ErrorCode.DENIED, () -> inside.get(new ObjectRef("photos", "a"), 10));
            }
        }
        try (var httpsOnly = stores("https:")) {
            fails(ErrorCode.DENIED, () -> httpsOnly.open(SHOP, connection(server.getPort())));
        }
    }

    @Test
    void aStoreThatIsBusyOrBreaksOffIsAskedAgain() throws IOException {
        var calls = new AtomicInteger();
        HttpServer bad =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        bad.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        int call = calls.incrementAndGet();
                        if (call == 1) {
                            exchange.sendResponseHeaders(503, -1);
                            return;
                        }
                        exchange.getResponseHeaders().add("ETag", "\"e\"");
                        exchange.sendResponseHeaders(200, 4);
                        exchange.getResponseBody().write(bytes(call == 2 ? "hal" : "half"));
                    }
                });
        bad.start();
        int port = bad.getAddress().getPort();
        try (var others = stores("http://127.0.0.1:" + port);
                var far = others.open(SHOP, connection(port))) {
            assertThat(far.get(new ObjectRef("photos", "a"), 10).bytes()).isEqualTo(bytes("half"));
            assertThat(calls).hasValue(3);
            bad.removeContext("/");
            bad.createContext(
                    "/",
                    exchange -> {
                        try (exchange) {
                            exchange.sendResponseHeaders(503, -1);
                        }
                    });
            fails(ErrorCode.UNAVAILABLE, () -> far.get(new ObjectRef("photos", "a"), 10));
        } finally {
            bad.stop(0);
        }
    }

    private static void fails(ErrorCode code, ThrowingCallable call) {
        assertThatExceptionOfType(MillraceException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
