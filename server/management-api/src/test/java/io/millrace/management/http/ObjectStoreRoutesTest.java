package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ProjectId;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class ObjectStoreRoutesTest {
    private static final ProjectId SHOP = new ProjectId("shop");
    private static final String STORE = "/projects/shop/object-store";
    private static final String USER = STORE + "/users/camera";

    private final TestServer server = new TestServer();

    @BeforeEach
    void declareProject() {
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: Project
                metadata: {name: shop}
                spec: {}
                """);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aSecretComesOutOnce() {
        String user =
                "\"name\":\"camera\",\"accessKey\":\"MRKEY1\",\"made\":\"2026-11-20T20:00:00Z\"";
        assertThat(server.put(USER, "").response().body())
                .isEqualTo(
                        "{"
                                + user
                                + ",\"secretKey\":\"secret1\",\"endpoint\":\"http://127.0.0.1:9000\"}");
        assertThat(server.get(STORE).response().body())
                .isEqualTo("{\"endpoint\":\"http://127.0.0.1:9000\",\"users\":[{" + user + "}]}");
        assertThat(server.put(USER, "").response().body()).contains("secret2");
        assertThat(server.delete(USER).response().body()).contains("MRKEY2");
        assertThat(server.delete(USER).status()).isEqualTo(404);
        assertThat(server.put("/projects/gone/object-store/users/camera", "").status())
                .isEqualTo(404);
        assertThat(server.get("/projects/gone/object-store").status()).isEqualTo(404);
    }

    @Test
    void aProjectThatHoldsObjectsStays() {
        server.objects.fill(SHOP, true);
        server.put(USER, "");
        var refused = server.delete("/projects/shop");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.response().body()).contains("hold objects");
        server.objects.fill(SHOP, false);
        assertThat(server.delete("/projects/shop").status()).isEqualTo(200);
        assertThat(server.objects.users(SHOP)).isEmpty();
    }
}
