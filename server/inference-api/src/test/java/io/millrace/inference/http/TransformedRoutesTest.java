package io.millrace.inference.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.TransformerSpec.Reply;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing;
import io.millrace.spi.TransformerReply.Answered;
import io.millrace.spi.TransformerReply.Stages;
import io.millrace.spi.TransformerRequest;
import io.millrace.spi.TransformerServing;
import io.millrace.testkit.FakeModelServing;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Models with transformers, and CloudEvents, over HTTP. */
@Timeout(60)
class TransformedRoutesTest {

    private static final String PREDICT = "/v1/models/mnist:predict";

    private final FakeModelServing models = new FakeModelServing();
    private final Transformers transformers = new Transformers();
    private final WebServer server =
            WebServer.builder()
                    .port(0)
                    .shutdownHook(false)
                    .addRouting(
                            HttpRouting.builder()
                                    .register(
                                            new InferenceRoutes(
                                                    InferenceApiConfig.standard(),
                                                    TestingPorts.of(models, transformers))))
                    .build();

    /** Model {@code mnist} has one; bodies that begin with a status are answered with that. */
    private static final class Transformers implements TransformerServing {
        final List<Call> calls = new CopyOnWriteArrayList<>();
        volatile Reply reply = Reply.EVENT;

        @Override
        public boolean covers(ProjectId project, ResourceName model) {
            return model.value().equals("mnist");
        }

        @Override
        public Reply replyTo(ProjectId project, ResourceName model) {
            return reply;
        }

        @Override
        public Answered call(Call call) {
            calls.add(call);
            String body = new String(call.request().body(), UTF_8);
            if (body.startsWith("throw ")) {
                throw new MillraceException(ErrorCode.valueOf(body.substring(6)), "thrown");
            }
            boolean isError = body.matches("[0-9]{3}");
            String text = isError ? "{\"error\":\"said\"}" : "{\"got\":" + body.length() + "}";
            return new Answered(
                    isError ? Integer.parseInt(body) : 200,
                    Map.of("content-type", "application/json", "x-made", "here", "te", "no"),
                    text.getBytes(UTF_8),
                    TransformerRequest.ALL_JSON,
                    new Stages(1, 2, 3, 0));
        }

        TransformerRequest last() {
            return calls.getLast().request();
        }
    }

    @BeforeEach
    void start() {
        var rows = new TensorSpec("x", DataType.FP32, Shape.of(-1, 2));
        for (String name : List.of("mnist", "plain")) {
            models.put(
                    ProjectId.DEFAULT,
                    name,
                    new Signature(Signature.DEFAULT, List.of(rows), List.of(rows)),
                    ModelServing.Call::inputs);
        }
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    private TestingClient.Reply post(String path, String body, String... headers) throws Exception {
        return new TestingClient(server.port()).post(path, body, headers);
    }

    @Test
    void bodiesGoToTheTransformerAsTheyAre() throws Exception {
        var reply = post("/v1/models/mnist/versions/3:predict", "anything", "X-Request-Id", "7");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("{\"got\":8}");
        assertThat(reply.header("x-made")).isEqualTo("here");
        assertThat(reply.header("te")).isEmpty();
        assertThat(transformers.last().form()).isEqualTo(TransformerRequest.Form.V1);
        assertThat(transformers.last().isEvent()).isFalse();
        assertThat(transformers.last().headers())
                .containsEntry("x-request-id", "7")
                .doesNotContainKey("content-length");
        assertThat(transformers.calls.getLast().version()).isEqualTo(new VersionRef.Numbered(3));

        assertThat(post("/v1/models/mnist:explain", "{}").status()).isEqualTo(200);
        assertThat(transformers.last().form()).isEqualTo(TransformerRequest.Form.EXPLAIN);
        assertThat(post("/v1/models/plain:explain", "{}").status()).isEqualTo(501);

        var v2 = post("/v2/models/mnist/infer", "{}1234", "Inference-Header-Content-Length", "2");
        assertThat(v2.status()).isEqualTo(200);
        assertThat(transformers.last().form()).isEqualTo(TransformerRequest.Form.V2);
        assertThat(transformers.last().jsonLength()).isEqualTo(2);
    }

    @Test
    void errorsHaveTheirStatus() throws Exception {
        var reply = post(PREDICT, "418");
        assertThat(reply.status()).isEqualTo(418);
        assertThat(reply.text()).isEqualTo("{\"error\":\"said\"}");
        assertThat(post(PREDICT, "503").header("retry-after")).isEqualTo("1");
        assertThat(post(PREDICT, "throw TIMEOUT").status()).isEqualTo(504);
    }

    @Test
    void underPredictorIsTheModelAlone() throws Exception {
        for (String prefix : List.of("/predictor", "/projects/default/predictor")) {
            var reply = post(prefix + PREDICT, "{\"instances\":[[1,2]]}");
            assertThat(reply.text()).isEqualTo("{\"predictions\":[[1.0,2.0]]}");
        }
        assertThat(post("/predictor/v2/models/mnist/infer", "{}").status()).isEqualTo(400);
        assertThat(transformers.calls).isEmpty();
    }

    private TestingClient.Reply event(String body) throws Exception {
        return post(
                PREDICT,
                body,
                "ce-specversion",
                "1.0",
                "ce-id",
                "partition:0/offset:17",
                "ce-source",
                "/apis/v1/namespaces/default/kafkasources/k#mnist",
                "ce-type",
                "dev.knative.kafka.event",
                "ce-key",
                "mnist/0.png");
    }

    @Test
    void anEventIsAnsweredWithAnEventUnlessItIsToldOtherwise() throws Exception {
        var reply = event("data");
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.text()).isEqualTo("{\"got\":4}");
        assertThat(reply.header("ce-type")).isEqualTo("io.kserve.inference.response");
        assertThat(reply.header("ce-source")).isEqualTo("io.kserve.inference.mnist");
        assertThat(reply.header("ce-id")).isNotEmpty().isNotEqualTo("partition:0/offset:17");
        assertThat(transformers.last().isEvent()).isTrue();
        assertThat(transformers.last().headers())
                .containsEntry("ce-key", "mnist/0.png")
                .containsEntry("ce-id", "partition:0/offset:17")
                .doesNotContainKey("content-type");
        transformers.reply = Reply.BODY;
        assertThat(event("data").header("ce-type")).isEmpty();
    }

    @Test
    void sendersOfEventsTryAgainOnlyWhatMayPass() throws Exception {
        Map<String, Integer> statuses =
                Map.of(
                        "400",
                        400,
                        "404",
                        422,
                        "409",
                        422,
                        "500",
                        422,
                        "501",
                        422,
                        "503",
                        503,
                        "504",
                        504,
                        "throw USER_CODE",
                        422,
                        "throw UNAVAILABLE",
                        503,
                        "throw INVALID",
                        400);
        for (var each : statuses.entrySet()) {
            assertThat(event(each.getKey()).status()).as(each.getKey()).isEqualTo(each.getValue());
        }
        assertThat(event("throw NOT_FOUND").status()).isEqualTo(404);
        assertThat(post(PREDICT, "x", "ce-specversion", "1.0").status()).isEqualTo(400);
    }

    @Test
    void structuredAndBatchedEvents() throws Exception {
        String one =
                "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"s\",\"type\":\"t\",\"data\":%s}";
        String type = "application/cloudevents+json; charset=utf-8";
        var reply = post(PREDICT, one.formatted("a", "{\"k\": 1}"), "Content-Type", type);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(new String(transformers.last().body(), UTF_8)).isEqualTo("{\"k\": 1}");
        assertThat(transformers.last().headers())
                .containsEntry("ce-id", "a")
                .containsEntry("ce-source", "s");

        String batch = "application/cloudevents-batch+json";
        String two = "[" + one.formatted("b", "11") + "," + one.formatted("c", "{}") + "]";
        reply = post(PREDICT, two, "Content-Type", batch);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("content-type")).isEqualTo(batch);
        assertThat(reply.text()).startsWith("[{").contains("\"data\":{\"got\":2}},{");
        String bad = "[" + one.formatted("b", "11") + "," + one.formatted("c", "400") + "]";
        reply = post(PREDICT, bad, "Content-Type", batch);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text()).contains("event c: said");
        assertThat(post(PREDICT, "[]", "Content-Type", batch).text()).isEqualTo("[]");
        assertThat(post(PREDICT, "{", "Content-Type", type).status()).isEqualTo(400);
    }
}
