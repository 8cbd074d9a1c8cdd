package io.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.api.DataSize;
import io.millrace.api.ProjectId;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.protocol.BodyMemory;
import io.millrace.spi.ModelServing.Call;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.RecordingMeters;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BodyMemoryTest {

    private static final String PATH = "/v1/models/m:predict";
    private static final String SMALL = "{\"instances\":[[1]]}";
    private static final String LARGE = "{\"instances\":[[1" + " ".repeat(200_000) + "]]}";

    @Test
    void slowUploadsDoNotTakeAllMemoryAndGiveBackWhatTheyTook() throws Exception {
        var serving = new FakeModelServing();
        serving.put(
                ProjectId.DEFAULT,
                "m",
                new Signature(
                        Signature.DEFAULT,
                        List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 1))),
                        List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, 1)))),
                Call::inputs);
        var config = new InferenceApiConfig(DataSize.ofMebibytes(1), Duration.ofSeconds(20));
        var routes =
                new InferenceRoutes(
                        config,
                        TestingPorts.of(
                                serving,
                                new RecordingMeters(),
                                () -> true,
                                new BodyMemory(DataSize.ofMebibytes(3))));
        WebServer server =
                WebServer.builder()
                        .host("127.0.0.1")
                        .port(0)
                        .shutdownHook(false)
                        .addRouting(HttpRouting.builder().register(routes))
                        .build()
                        .start();
        var uploads = new ArrayList<Socket>();
        try {
            var client = new TestingClient(server.port());
            assertThat(client.post(PATH, LARGE).status()).isEqualTo(200);
            for (int i = 0; i < 3; i++) {
                uploads.add(slowUpload(server.port()));
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> client.post(PATH, LARGE).status() == 503);
            var refused = client.post(PATH, LARGE);
            assertThat(refused.header("retry-after")).isEqualTo("1");
            assertThat(refused.text()).contains("too many large bodies");
            assertThat(client.post(PATH, SMALL).status()).isEqualTo(200);
            for (Socket upload : uploads) {
                upload.close();
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> client.post(PATH, LARGE).status() == 200);
        } finally {
            for (Socket upload : uploads) {
                upload.close();
            }
            server.stop();
        }
    }

    private static Socket slowUpload(int port) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.getOutputStream()
                .write(
                        ("POST "
                                        + PATH
                                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n{")
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
