package io.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.testkit.FakeModelServing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GraphRoutesTest {

    private final WebServer server =
            WebServer.builder()
                    .port(0)
                    .shutdownHook(false)
                    .addRouting(
                            HttpRouting.builder()
                                    .register(
                                            new InferenceRoutes(
                                                    InferenceApiConfig.standard(),
                                                    TestingPorts.of(new FakeModelServing()))))
                    .build();

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void callsAGraphByEachOfItsPaths() throws Exception {
        var client = new TestingClient(server.port());
        for (String path :
                new String[] {
                    "/v1/graphs/echo",
                    "/v1/graphs/echo:predict",
                    "/v1/graphs/echo%3Ainfer",
                    "/projects/fashion/v1/graphs/echo"
                }) {
            var reply = client.post(path, "{\"instances\":[1]}");
            assertThat(reply.status()).as(path).isEqualTo(200);
            assertThat(reply.text()).isEqualTo("{\"instances\":[1]}");
            assertThat(reply.header("content-type")).isEqualTo("application/json");
        }
        assertThat(client.get("/v1/graphs").text()).isEqualTo("{\"graphs\":[\"broken\",\"echo\"]}");
    }

    @Test
    void aFailedStepIsTheAnswer() throws Exception {
        var client = new TestingClient(server.port());
        var broken = client.post("/v1/graphs/broken", "{}");
        assertThat(broken.status()).isEqualTo(500);
        assertThat(broken.text()).isEqualTo("{\"error\":\"a step failed\"}");
        var gone = client.post("/v1/graphs/gone", "{}");
        assertThat(gone.status()).isEqualTo(404);
        assertThat(gone.text())
                .isEqualTo(
                        "{\"error\":\"Failed to process request\",\"cause\":\"Inference graph with name gone does not exist.\"}");
        assertThat(client.post("/v1/graphs/a%20b", "{}").status()).isEqualTo(404);
        assertThat(client.post("/v1/graphs/echo:explain", "{}").status()).isEqualTo(501);
        assertThat(client.get("/v1/graphs/echo").status()).isEqualTo(405);
    }
}
