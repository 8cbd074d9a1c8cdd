package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class SecretRoutesTest {
    private static final ProjectId SHOP = new ProjectId("shop");
    private static final ResourceName PLANT = new ResourceName("plant");
    private static final String PATH = "/projects/shop/secrets/plant";

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
    void valuesGoInAndOnlyNamesComeOut() {
        var put = server.put(PATH, "{\"user\": \"anna\", \"password\": \"hunter2\"}");
        assertThat(put.status()).isEqualTo(200);
        assertThat(server.secrets.find(SHOP, PLANT).orElseThrow().values())
                .isEqualTo(Map.of("user", "anna", "password", "hunter2"));
        String one = "{\"name\":\"plant\",\"values\":[\"password\",\"user\"]}";
        assertThat(put.response().body()).isEqualTo(one);
        assertThat(server.get(PATH).response().body()).isEqualTo(one);
        assertThat(server.get("/projects/shop/secrets").response().body())
                .isEqualTo("{\"items\":[" + one + "]}");
        assertThat(server.delete(PATH).response().body()).isEqualTo(one);
        assertThat(server.get(PATH).status()).isEqualTo(404);
        assertThat(server.delete(PATH).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hunter2",
                "{\"password\": hunter2}",
                "{\"password\": \"hunter2",
                "{\"password\": \"hunter2\"} hunter2",
                "{\"password\": \"a\", \"password\": \"hunter2\"}",
                "[\"hunter2\"]",
                "{\"password\": [\"hunter2\"]}",
                "{\"password\": 1}",
                "{}",
                "",
                "{\"pass word\": \"hunter2\"}"
            })
    void refusalsNeverRepeatWhatWasSent(String body) {
        var answer = server.put(PATH, body);
        assertThat(answer.status()).as(body).isEqualTo(400);
        assertThat(answer.response().body()).as(body).doesNotContain("hunter2");
        assertThat(server.secrets.names(SHOP)).isEmpty();
    }

    @Test
    void aProjectThatIsNotThereHasNoSecrets() {
        assertThat(server.put("/projects/none/secrets/plant", "{\"a\": \"b\"}").status())
                .isEqualTo(404);
        assertThat(server.get("/projects/none/secrets").status()).isEqualTo(404);
        assertThat(server.secrets.names(new ProjectId("none"))).isEmpty();
    }

    @Test
    void namesThatAreNoNamesAreRefused() {
        assertThat(server.put("/projects/shop/secrets/..%2Fx", "{\"a\": \"b\"}").status())
                .isIn(400, 404);
        assertThat(server.put("/projects/shop/secrets/a%20b", "{\"a\": \"b\"}").status())
                .isEqualTo(400);
    }

    @Test
    void aDeletedProjectTakesItsSecretsWithIt() {
        server.put(PATH, "{\"user\": \"anna\"}");
        assertThat(server.delete("/projects/shop").status()).isEqualTo(200);
        assertThat(server.secrets.names(SHOP)).isEmpty();
    }
}
