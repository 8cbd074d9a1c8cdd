package io.millrace.kafkaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.codec.training.ControlMessage;
import io.millrace.spi.DataAnnouncements.Announcement;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogPosition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.TrainingResults.Format;
import io.millrace.spi.TrainingState.Phase;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Timeout(120)
class KafkaMlServerTest {

    private static final Duration SETTLE = Duration.ofSeconds(30);
    private static final String INPUT_CONFIG =
            "{\"data_type\":\"uint8\",\"label_type\":\"uint8\",\"data_reshape\":\"8 8\",\"label_reshape\":\"1\"}";

    @TempDir Path folder;
    private TestInterface api;

    @BeforeEach
    void open() throws IOException {
        api = new TestInterface(folder);
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void modelsAreTriedBeforeTheyAreKept() {
        api.create("/models/", model("plain net"));
        assertThat(api.refusal("POST", "/models/", model("plain net"))).contains("exists");
        assertThat(
                        api.refusal(
                                "POST",
                                "/models/",
                                "{\"name\":\"bad\",\"code\":\"x = 1\",\"framework\":\"tf\"}"))
                .startsWith("Information not valid")
                .contains("no variable 'model'");

        JsonNode models = api.get("/models/");

        assertThat(models).hasSize(1);
        assertThat(models.get(0))
                .hasToString(
                        "{\"id\":1,\"code\":\"model = 1\",\"name\":\"plain net\",\"description\":\"one\",\"imports\":\"\",\"distributed\":false,\"father\":null,\"framework\":\"tf\"}");
        assertThat(api.get("/api/models/1").path("name").asString()).isEqualTo("plain net");
        assertThat(api.get("/models/fathers")).isEmpty();
        assertThat(api.refusal("GET", "/models/7", "")).isEqualTo("there is no model 7");
        assertThat(
                        api.refusal(
                                "POST",
                                "/models/",
                                "{\"name\":\"far\",\"code\":\"model = 1\",\"distributed\":true}"))
                .contains("not available");
    }

    @Test
    void idsSurviveARestart() {
        api.create("/models/", model("a"));
        api.create("/models/", model("b"));
        assertThat(api.send("DELETE", "/models/1", "").statusCode()).isEqualTo(204);

        api.restart();

        assertThat(api.get("/models/").get(0).path("id").asInt()).isEqualTo(2);
        api.create("/models/", model("c"));
        assertThat(api.get("/models/3").path("name").asString()).isEqualTo("c");
    }

    @Test
    void theFirstDeploymentIsNumberOne() {
        deploy();

        JsonNode deployment = api.get("/deployments/").get(0);

        assertThat(deployment.path("id").asInt()).isEqualTo(1);
        assertThat(deployment.path("configuration").path("name").asString()).isEqualTo("both");
        assertThat(deployment.path("results")).hasSize(2);
        assertThat(deployment.path("batch").asInt()).isEqualTo(32);
        assertThat(deployment.path("kwargs_fit").asString()).isEqualTo("epochs=5, shuffle=True");
        assertThat(deployment.path("learning_rate").isNumber()).isTrue();
        assertThat(api.get("/deployments/1")).hasSize(1);
        assertThat(api.get("/configurations/1").path("deployments")).hasSize(1);
        assertThat(api.refusal("DELETE", "/configurations/1", "")).contains("deployments");
        assertThat(api.refusal("DELETE", "/deployments/1", "")).contains("results");
        assertThat(api.refusal("DELETE", "/models/1", "")).contains("used");
        assertThat(api.get("/frameworksInConfiguration/1")).hasToString("[\"tf\"]");
        assertThat(api.get("/distributedConfiguration/1")).hasToString("false");
        assertThat(
                        api.refusal(
                                "POST",
                                "/deployments/",
                                "{\"configuration\":1,\"batch\":1,\"federated\":true}"))
                .isEqualTo("federated training is not available here");
        assertThat(
                        api.refusal(
                                "POST",
                                "/deployments/",
                                "{\"configuration\":1,\"batch\":1,\"tf_kwargs_fit\":\"epochs=exit()\"}"))
                .contains("tf_kwargs_fit");
    }

    @Test
    void resultsTellWhatBecomesOfTheirRuns() {
        deploy();
        await().atMost(SETTLE)
                .untilAsserted(() ->
                        assertThat(api.get("/results/").get(0).path("status").asString())
                                .isEqualTo("deployed"));
        assertThat(api.refusal("DELETE", "/results/1", "")).contains("stop it first");
        train(Phase.FINISHED, "");

        JsonNode result = api.get("/results/").get(1);

        assertThat(result.path("status").asString()).isEqualTo("finished");
        assertThat(result.path("train_metrics").path("loss")).hasToString("[0.4,0.3]");
        assertThat(result.path("val_metrics")).hasToString("{\"loss\":[0.5,0.45]}");
        assertThat(result.path("test_metrics")).hasToString("{\"loss\":[0.35]}");
        assertThat(result.path("confusion_matrix")).hasToString("[[8,2],[0,10]]");
        assertThat(result.path("training_time")).hasToString("12.34");
        assertThat(api.get("/deployments/results/1").get(0).path("training_time"))
                .hasToString("\"12.3400\"");
        int id = result.path("id").asInt();
        assertThat(api.get("/results/chart/" + id).path("metrics").get(1))
                .hasToString(
                        "{\"name\":\"loss_val\",\"series\":[{\"value\":0.5,\"name\":1},{\"value\":0.45,\"name\":2}]}");
        assertThat(api.get("/models/result/" + id).path("name").asString()).isEqualTo("one");
        var file = api.send("GET", "/results/model/" + id, "");
        assertThat(file.body()).isEqualTo("weights");
        assertThat(file.headers().firstValue("ML-Framework")).contains("tf");
        assertThat(file.headers().firstValue("Content-Disposition"))
                .contains("attachment; filename=\"model.h5\"");
    }

    @Test
    void theConfusionMatrixIsAPicture() throws IOException {
        deploy();
        train(Phase.FINISHED, "");

        byte[] png =
                api.send("GET", "/results/confusion_matrix/1", "", BodyHandlers.ofByteArray())
                        .body();

        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isGreaterThan(100);
    }

    @Test
    void aFailedRunIsAStoppedResultWithItsReason() {
        deploy();
        train(Phase.FAILED, "the loss is not a number");

        JsonNode result = api.get("/results/").get(0);

        assertThat(result.path("status").asString()).isEqualTo("stopped");
        assertThat(result.path("reason").asString()).isEqualTo("the loss is not a number");
        for (int id : List.of(1, 2)) {
            assertThat(api.send("DELETE", "/results/" + id, "").statusCode()).isEqualTo(204);
        }
        assertThat(api.get("/results/")).isEmpty();
        assertThat(api.send("DELETE", "/deployments/1", "").statusCode()).isEqualTo(204);
    }

    @Test
    void aFinishedResultIsDeployedOnTopics() {
        deploy();
        assertThat(api.refusal("POST", "/results/inference/1", inference()))
                .contains("not finished");
        train(Phase.FINISHED, "");
        assertThat(api.get("/results/inference/1").path("input_config").asString())
                .contains("\"data_reshape\":\"8 8\"");

        assertThat(api.send("POST", "/results/inference/1", inference()).statusCode())
                .isEqualTo(200);

        JsonNode inference = api.get("/inferences/").get(0);
        assertThat(inference.path("status").asString()).isEqualTo("deployed");
        assertThat(inference.path("input_topic").asString()).isEqualTo("in");
        Resource<PipelineSpec> pipeline =
                api.store
                        .image()
                        .all(Kind.PIPELINE, ProjectId.DEFAULT, PipelineSpec.class)
                        .getFirst();
        assertThat(pipeline.spec().scale().max()).isEqualTo(2);
        assertThat(pipeline.spec().to())
                .singleElement()
                .isInstanceOfSatisfying(
                        PipelineSpec.KafkaOutput.class,
                        output -> {
                            assertThat(output.topic()).isEqualTo("out");
                            assertThat(output.readers()).containsExactly("output_group");
                        });
        assertThat(api.store.image().all(Kind.MODEL, ProjectId.DEFAULT, ModelSpec.class))
                .singleElement()
                .satisfies(model -> assertThat(model.spec().versions()).hasSize(1));
        assertThat(api.refusal("DELETE", "/inferences/1", "")).contains("stop it first");
        assertThat(api.send("POST", "/inferences/1", "").statusCode()).isEqualTo(200);
        assertThat(api.get("/inferences/1").path("status").asString()).isEqualTo("stopped");
        assertThat(api.store.image().all(Kind.PIPELINE)).isEmpty();
        assertThat(api.send("DELETE", "/inferences/1", "").statusCode()).isEqualTo(204);
    }

    @Test
    void dataSourcesAreShownAndSentAgain() {
        deploy();
        train(Phase.FINISHED, "");

        JsonNode source = api.get("/datasources/").get(0);

        assertThat(source.path("topic").asString()).isEqualTo("digits:0:0:70");
        assertThat(source.path("deployment").asString()).isEqualTo("1");
        assertThat(source.path("total_msg").asInt()).isEqualTo(70);
        assertThat(source.path("input_config").isString()).isTrue();
        assertThat(source.path("time").asString()).hasSize("2026-01-01T10:00:00".length());
        assertThat(api.send("POST", "/datasources/kafka", source.toString()).statusCode())
                .isEqualTo(200);
        LogRecord sent = records("KAFKA_ML_CONTROL_TOPIC").getFirst();
        assertThat(sent.key()).isEqualTo(new byte[] {1});
        assertThat(ControlMessage.parse(sent.key(), sent.value()).dataset().ranges())
                .hasToString("[digits:0:0:70]");
        assertThat(
                        api.refusal(
                                "POST",
                                "/datasources/kafka",
                                source.toString()
                                        .replace("\"deployment\":\"1\"", "\"deployment\":\"9\"")))
                .isEqualTo("there is no deployment 9");
    }

    @Test
    void predictionsAreShownAsTheyCome() throws Exception {
        api.log.ensureTopics(Set.of("out"));
        append("out", "{\"values\": [1, 0]}");
        var texts = new LinkedBlockingQueue<String>();
        WebSocket socket =
                api.client()
                        .newWebSocketBuilder()
                        .buildAsync(
                                socketUrl("/ws/"),
                                new WebSocket.Listener() {
                                    @Override
                                    public @Nullable CompletionStage<?> onText(
                                            WebSocket from, CharSequence text, boolean isLast) {
                                        texts.add(text.toString());
                                        from.request(1);
                                        return null;
                                    }
                                })
                        .get(30, TimeUnit.SECONDS);
        socket.sendText("{\"topic\":\"out\",\"classification\":true}", true)
                .get(30, TimeUnit.SECONDS);

        await().atMost(SETTLE)
                .until(() -> {
                    append("out", "{\"values\": [0.1, 0.2, 0.7]}");
                    return "2".equals(texts.poll(1, TimeUnit.SECONDS));
                });
        socket.abort();
    }

    @Test
    void numbersThatAreTooLargeAreNotCutOff() {
        deploy();
        train(Phase.FINISHED, "");
        long cut = (1L << 32) + 1;
        for (String body :
                List.of(
                        "{\"configuration\":%d,\"batch\":1}",
                        "{\"configuration\":1,\"batch\":%d}",
                        "{\"configuration\":1,\"unsupervised\":true,\"unsupervised_rounds\":%d}")) {
            assertThat(api.refusal("POST", "/deployments/", body.formatted(cut)))
                    .contains("too large");
        }
        assertThat(
                        api.refusal(
                                "POST",
                                "/results/inference/1",
                                inference().replace("\"replicas\":2", "\"replicas\":" + cut)))
                .contains("\"replicas\"")
                .contains("too large");
        assertThat(api.get("/deployments/")).hasSize(1);
    }

    @Test
    void aTrainingWithoutEndGivesWhatItHasLearned() {
        api.create("/models/", model("one"));
        api.create("/models/", model("two"));
        api.create(
                "/configurations/", "{\"name\":\"both\",\"description\":\"\",\"ml_models\":[1,2]}");
        api.create("/deployments/", "{\"batch\":1,\"configuration\":1,\"indefinite\":true}");
        train(Phase.TRAINING, "");
        for (Resource<?> run : api.store.image().all(Kind.TRAINING_RUN)) {
            api.results.become(run.key(), Phase.TRAINING, "", List.of());
        }
        assertThat(api.refusal("GET", "/results/model/1", "")).contains("no model yet");
        assertThat(api.refusal("POST", "/results/inference/1", inference()))
                .contains("no model yet");

        for (Phase phase : List.of(Phase.TRAINING, Phase.STOPPED)) {
            for (Resource<?> run : api.store.image().all(Kind.TRAINING_RUN)) {
                api.results.become(run.key(), phase, "");
            }
            assertThat(api.send("GET", "/results/model/1", "").body()).isEqualTo("weights");
            assertThat(api.send("POST", "/results/inference/1", inference()).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void theChartNamesEpochsAsTheRunDoes() {
        deploy();
        train(Phase.FINISHED, "");
        for (Resource<?> run : api.store.image().all(Kind.TRAINING_RUN)) {
            api.results.become(run.key(), Phase.FINISHED, "", List.of(Format.values()), 7);
        }
        assertThat(api.get("/results/chart/1").path("metrics").get(0).path("series"))
                .hasToString("[{\"value\":0.4,\"name\":7},{\"value\":0.3,\"name\":8}]");
    }

    @Test
    void aLimitWithoutAChainOfModelsIsAccepted() {
        deploy();
        train(Phase.FINISHED, "");
        String body = inference().replace("\"gpumem\":0", "\"gpumem\":0,\"limit\":0");
        assertThat(
                        api.refusal(
                                "POST",
                                "/results/inference/1",
                                body.replace("\"limit\":0", "\"limit\":0,\"output_upper\":\"x\"")))
                .contains("output_upper");
        assertThat(api.send("POST", "/results/inference/1", body).statusCode()).isEqualTo(200);
        assertThat(api.get("/inferences/").get(0).path("limit").asDouble(-1)).isZero();
    }

    @Test
    void aLiveSourceIsSentAgainAsOne() {
        deploy();
        announce("stream1", true);
        await().atMost(SETTLE).until(() -> api.get("/datasources/").size() == 1);
        ObjectNode source = (ObjectNode) api.get("/datasources/").get(0);
        assertThat(source.path("incremental").asBoolean()).isTrue();

        source.remove("incremental");
        assertThat(api.send("POST", "/datasources/kafka", source.toString()).statusCode())
                .isEqualTo(200);
        source.put("incremental", false);
        assertThat(api.send("POST", "/datasources/kafka", source.toString()).statusCode())
                .isEqualTo(200);

        assertThat(records("KAFKA_ML_CONTROL_TOPIC"))
                .extracting(sent -> ControlMessage.parse(sent.key(), sent.value()).isLive())
                .containsExactlyInAnyOrder(true, false);
    }

    @Test
    void trialsOfModelsAreForgotten() {
        api.create("/models/", model("plain"));
        assertThat(
                        api.send(
                                        "PUT",
                                        "/models/1",
                                        model("plain").replace("model = 1", "model = 2"))
                                .statusCode())
                .isEqualTo(200);
        assertThat(
                        api.training.definition(
                                ResourceKey.of(
                                        Kind.MODEL_DEFINITION, ProjectId.DEFAULT, "plain-check")))
                .isEmpty();
    }

    @Test
    void pagesOfOtherSitesOpenNoSocket() {
        for (String path : List.of("/ws/", "/ws", "/api/ws/", "/api/ws")) {
            assertThatThrownBy(() ->
                            api.client()
                                    .newWebSocketBuilder()
                                    .header("Origin", TestInterface.FOREIGN)
                                    .buildAsync(socketUrl(path), new WebSocket.Listener() {})
                                    .get(30, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(WebSocketHandshakeException.class);
        }
    }

    @Test
    void aMessageInPiecesIsBounded() throws Exception {
        var closed = new CompletableFuture<Integer>();
        WebSocket socket =
                api.client()
                        .newWebSocketBuilder()
                        .buildAsync(
                                socketUrl("/ws/"),
                                new WebSocket.Listener() {
                                    @Override
                                    public @Nullable CompletionStage<?> onClose(
                                            WebSocket from, int status, String reason) {
                                        closed.complete(status);
                                        return null;
                                    }
                                })
                        .get(30, TimeUnit.SECONDS);
        for (int i = 0; i < 5; i++) {
            socket.sendText("x".repeat(16 << 10), false).get(30, TimeUnit.SECONDS);
        }
        assertThat(closed.get(30, TimeUnit.SECONDS)).isEqualTo(1009);
        socket.abort();
    }

    private URI socketUrl(String path) {
        return URI.create(api.url(path).toString().replace("http:", "ws:"));
    }

    private static String model(String name) {
        return "{\"name\":\"%s\",\"description\":\"one\",\"imports\":\"\",\"code\":\"model = 1\",\"framework\":\"tf\"}"
                .formatted(name);
    }

    private void deploy() {
        api.create("/models/", model("one"));
        api.create("/models/", model("two"));
        api.create(
                "/configurations/", "{\"name\":\"both\",\"description\":\"\",\"ml_models\":[1,2]}");
        api.create(
                "/deployments/",
                "{\"batch\":\"32\",\"kwargs_fit\":\"epochs=5, shuffle=True\",\"kwargs_val\":\"\",\"configuration\":1}");
    }

    private static String inference() {
        return "{\"model_result\":1,\"replicas\":2,\"input_format\":\"RAW\",\"input_config\":%s,\"input_topic\":\"in\",\"output_topic\":\"out\",\"readers\":[\"output_group\"],\"gpumem\":0}"
                .formatted(INPUT_CONFIG);
    }

    /** A sender announces samples, and the runs that are made of that end so. */
    private void train(Phase phase, String message) {
        announce("digits:0:0:70", false);
        await().atMost(SETTLE).until(() -> api.store.image().all(Kind.TRAINING_RUN).size() == 2);
        for (Resource<?> run : api.store.image().all(Kind.TRAINING_RUN)) {
            ResourceKey key = run.key();
            api.results.become(key, phase, message);
            api.training.become(key, phase, message);
        }
    }

    private void announce(String topic, boolean isLive) {
        ControlMessage said =
                ControlMessage.parse(
                        new byte[] {1},
                        ("{\"topic\":\""
                                        + topic
                                        + "\",\"input_format\":\"RAW\",\"input_config\":"
                                        + INPUT_CONFIG
                                        + "}")
                                .getBytes(StandardCharsets.UTF_8));
        api.announcements.announce(
                new Announcement(
                        ProjectId.DEFAULT,
                        said.number(),
                        new LogPosition(new LogPartition("KAFKA_ML_CONTROL_TOPIC", 0), 0),
                        TimeSource.system().now(),
                        said.dataset(),
                        isLive));
    }

    private void append(String topic, String text) {
        api.log.append(
                new OutgoingRecord(
                        topic, null, text.getBytes(StandardCharsets.UTF_8), List.of(), 1),
                _ -> {});
    }

    private List<LogRecord> records(String topic) {
        try (var reader = api.log.reader(100)) {
            Map<LogPartition, OffsetRange> parts = new HashMap<>(reader.ranges(List.of(topic)));
            reader.seek(parts);
            var all = new java.util.ArrayList<LogRecord>();
            while (!reader.isAtEnd()) {
                all.addAll(reader.poll(Duration.ofMillis(10)));
            }
            return all;
        }
    }
}
