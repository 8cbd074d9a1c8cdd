package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models with transformers that were written for KServe, applied from a file and called by curl:
 * V1, V2, CloudEvents in their modes, and records of Kafka.
 */
@Timeout(300)
class TransformerSystemTest {

    private static final String EVENT =
            "{\"EventName\":\"s3:ObjectCreated:Put\",\"Key\":\"mnist/0.png\","
                    + "\"Records\":[{\"eventName\":\"s3:ObjectCreated:Put\"}]}";
    private static final String ANSWER =
            "{\"predictions\":[[22.0,2.0,4.0]],\"moved\":\"mnist/0.png\"}";

    private static final String DIGITS =
            """
            import argparse
            import logging
            from typing import Dict
            import kserve
            from kserve import ModelServer, model_server
            from kserve.errors import InvalidInput

            class Digits(kserve.Model):
                def __init__(self, name: str, predictor_host: str):
                    super().__init__(name)
                    self.predictor_host = predictor_host
                    self._key = None

                async def preprocess(self, inputs: Dict, headers: Dict[str, str] = None) -> Dict:
                    if inputs["EventName"] != "s3:ObjectCreated:Put":
                        raise InvalidInput("not for me: " + inputs["EventName"])
                    self._key = inputs["data"]["Key"] if "data" in inputs else inputs["Key"]
                    if self._key == "break":
                        raise ValueError("no picture")
                    return {"instances": [[float(len(self._key)), 1.0, 2.0]]}

                async def postprocess(self, inputs: Dict, headers: Dict[str, str] = None) -> Dict:
                    logging.info("filed %s", self._key)
                    return {"predictions": inputs["predictions"], "moved": self._key}

            if __name__ == "__main__":
                parser = argparse.ArgumentParser(parents=[model_server.parser])
                parser.add_argument("--predictor_host", required=True)
                parser.add_argument("--model_name", required=True)
                args, _ = parser.parse_known_args()
                ModelServer(workers=1).start([Digits(args.model_name, args.predictor_host)])
            """;

    private static final String TENSORS =
            """
            from kserve import Model, InferRequest, InferInput, InferResponse

            class Scale(Model):
                def preprocess(self, payload: InferRequest, headers=None):
                    scaled = [v / 255 for v in payload.inputs[0].data]
                    one = InferInput("x", [1, 3], "FP32", data=scaled)
                    return InferRequest(self.name, [one])

                def postprocess(self, result: InferResponse, headers=None):
                    result.outputs[0].data = [v + 1 for v in result.outputs[0].data]
                    return result
            """;

    private static final String MANIFEST =
            """
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: digit-transformer}
            spec:
              language: python
              environment: python
              source: {file: digits.py}
            ---
            apiVersion: millrace.io/v1
            kind: Function
            metadata: {name: scale}
            spec:
              language: python
              environment: python
              source: {file: tensors.py}
            ---
            apiVersion: millrace.io/v1
            kind: Model
            metadata: {name: mnist}
            spec:
              framework: onnx
              versions: [{version: 1, uri: "file:double.onnx"}]
              transformer: {function: digit-transformer, workers: 2, deduplicate: 10m}
            ---
            apiVersion: millrace.io/v1
            kind: Model
            metadata: {name: pixels}
            spec:
              framework: onnx
              versions: [{version: 1, uri: "file:double.onnx"}]
              transformer: {function: scale, protocol: v2}
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: file-digits}
            spec:
              from: {kafka: {topic: mnist-events}, start: earliest}
              steps: [{predict: {model: mnist}}]
              to: [{kafka: {topic: answers}}]
            """;

    @TempDir static Path folder;
    private static ServerProcess server;
    private static Curl curl;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        server = new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start();
        curl = new Curl(server);
        ServingModels.write(folder.resolve("double.onnx"), OnnxFile.scaling(2));
        write("digits.py", DIGITS);
        write("tensors.py", TENSORS);
        write("transformers.yaml", MANIFEST);
        new KafkaTopic(server, "mnist-events").create(1);
        CommandLine.millrace(
                        server,
                        "apply",
                        "-f",
                        folder.resolve("transformers.yaml").toString(),
                        "--wait=180s")
                .orFail();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void write(String name, String text) {
        ServingModels.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void answersV1AtEveryPathThatNamesTheModel() {
        for (String path :
                List.of(
                        "/v1/models/mnist:predict",
                        "/v1/models/mnist%3Apredict",
                        "/v1/models/mnist/versions/1:infer",
                        "/projects/default/v1/models/mnist:predict")) {
            Curl.Answer answer = curl.post(path, EVENT, "-H", "X-Request-Id: r7");
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(ANSWER);
        }
        assertThat(CommandLine.millrace(server, "logs", "model/mnist").orFail().out())
                .contains("filed mnist/0.png")
                .contains("requestId: r7, preprocess_ms: ");
        assertThat(curl.call("/metrics").body())
                .contains("request_preprocess_seconds_count{model_name=\"mnist\"")
                .contains("millrace_transformer_requests_total{");
        assertThat(CommandLine.millrace(server, "describe", "model/mnist").orFail().out())
                .contains("TransformerReady");
    }

    @Test
    void theModelAloneCanBeReached() {
        Curl.Answer answer =
                curl.post("/predictor/v1/models/mnist:predict", "{\"instances\":[[1,2,3]]}");
        assertThat(answer.body()).isEqualTo("{\"predictions\":[[2.0,4.0,6.0]]}");
        assertThat(
                        curl.post(
                                        "/projects/default/predictor/v1/models/mnist:predict",
                                        "{\"instances\":[[1,2,3]]}")
                                .body())
                .isEqualTo("{\"predictions\":[[2.0,4.0,6.0]]}");
    }

    @Test
    void errorsSayWhoseTheyAre() {
        Curl.Answer removed =
                curl.post(
                        "/v1/models/mnist:predict", EVENT.replace("Created:Put", "Removed:Delete"));
        assertThat(removed.status()).isEqualTo(400);
        assertThat(removed.body()).contains("not for me: s3:ObjectRemoved:Delete");
        Curl.Answer broken =
                curl.post("/v1/models/mnist:predict", EVENT.replace("mnist/0.png", "break"));
        assertThat(broken.status()).isEqualTo(500);
        assertThat(broken.body()).isEqualTo("{\"error\":\"ValueError : no picture\"}");
        Curl.Answer shape =
                curl.post(
                        "/v2/models/pixels/infer",
                        "{\"inputs\":[{\"name\":\"i\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[1]}]}");
        assertThat(shape.status()).as(shape.body()).isEqualTo(400);
    }

    @Test
    void answersV2() {
        Curl.Answer answer =
                curl.post(
                        "/v2/models/pixels/infer",
                        "{\"id\":\"42\",\"inputs\":[{\"name\":\"image\",\"shape\":[1,3],"
                                + "\"datatype\":\"UINT8\",\"data\":[255,0,255]}]}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"model_name\":\"pixels\"")
                .contains("\"id\":\"42\"")
                .contains("\"data\":[3.0,1.0,3.0]");
    }

    private static Curl.Answer event(String body, String id, String... options) {
        var all =
                new ArrayList<>(
                        List.of(
                                "-i",
                                "-H",
                                "Content-Type:",
                                "-H",
                                "ce-specversion: 1.0",
                                "-H",
                                "ce-id: " + id,
                                "-H",
                                "ce-source: /apis/v1/namespaces/default/kafkasources/k#mnist",
                                "-H",
                                "ce-type: dev.knative.kafka.event",
                                "-H",
                                "Prefer: reply"));
        all.addAll(List.of(options));
        return curl.send(
                "/v1/models/mnist:predict",
                body.getBytes(StandardCharsets.UTF_8),
                all.toArray(String[]::new));
    }

    @Test
    void answersCloudEventsOfKafkaSources() {
        Curl.Answer answer = event(EVENT, "partition:0/offset:17");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body().toLowerCase(java.util.Locale.ROOT))
                .contains("ce-type: io.kserve.inference.response")
                .contains("ce-source: io.kserve.inference.mnist")
                .contains("content-type: application/json");
        assertThat(answer.body()).endsWith(ANSWER);
        // Errors that will not pass are none on which senders try again.
        assertThat(event(EVENT.replace("mnist/0.png", "break"), "b").status()).isEqualTo(422);
        assertThat(event(EVENT.replace("Created:Put", "Removed:Delete"), "r").status())
                .isEqualTo(400);
        assertThat(event("not json", "n").status()).isEqualTo(422);
        String again = event(EVENT.replace("0.png", "changed.png"), "partition:0/offset:17").body();
        assertThat(again).as("delivered again").endsWith(ANSWER);
    }

    @Test
    void answersStructuredAndBatchedEvents() {
        String structured =
                "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"s\",\"type\":\"t\","
                        + "\"time\":\"2024-05-01T12:00:00Z\",\"data\":%s}";
        Curl.Answer one =
                curl.call(
                        "/v1/models/mnist:predict",
                        "-H",
                        "Content-Type: application/cloudevents+json",
                        "-d",
                        structured.formatted("s1", EVENT));
        assertThat(one.status()).as(one.body()).isEqualTo(200);
        assertThat(one.body()).isEqualTo(ANSWER);
        Curl.Answer batch =
                curl.call(
                        "/v1/models/mnist:predict",
                        "-H",
                        "Content-Type: application/cloudevents-batch+json",
                        "-d",
                        "["
                                + structured.formatted("s2", EVENT)
                                + ","
                                + structured.formatted("s3", EVENT)
                                + "]");
        assertThat(batch.status()).as(batch.body()).isEqualTo(200);
        assertThat(batch.body().split("io.kserve.inference.response", -1)).hasSize(3);
        // A model without a transformer takes events as well.
        Curl.Answer bare =
                curl.call(
                        "/predictor/v1/models/mnist:predict",
                        "-H",
                        "Content-Type: application/cloudevents+json",
                        "-d",
                        structured.formatted("s4", "{\"instances\":[[1,2,3]]}"));
        assertThat(bare.body()).isEqualTo("{\"predictions\":[[2.0,4.0,6.0]]}");
    }

    @Test
    void recordsOfKafkaGoThroughAPredictStep() {
        try (var producer =
                new KafkaProducer<>(
                        Map.<String, Object>of(
                                "bootstrap.servers", "127.0.0.1:" + server.ports().kafka()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (int i = 0; i < 20; i++) {
                byte[] value = EVENT.replace("0.png", i + ".png").getBytes(StandardCharsets.UTF_8);
                byte[] key = ("mnist/" + i + ".png").getBytes(StandardCharsets.UTF_8);
                var _ = producer.send(new ProducerRecord<>("mnist-events", key, value));
            }
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    "mnist-events",
                                    EVENT.replace("Created:Put", "Removed:Delete")
                                            .getBytes(StandardCharsets.UTF_8)));
        }
        Set<String> moved = new HashSet<>();
        try (var consumer =
                new KafkaConsumer<>(
                        Map.<String, Object>of(
                                "bootstrap.servers",
                                "127.0.0.1:" + server.ports().kafka(),
                                "group.id",
                                "reader",
                                "auto.offset.reset",
                                "earliest"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("answers"));
            await().atMost(Duration.ofSeconds(90))
                    .untilAsserted(() -> {
                        consumer.poll(Duration.ofMillis(500))
                                .forEach(record ->
                                        moved.add(
                                                new String(
                                                        record.value(), StandardCharsets.UTF_8)));
                        assertThat(moved).hasSize(20);
                    });
        }
        assertThat(moved).anyMatch(answer -> answer.contains("\"moved\":\"mnist/19.png\""));
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() ->
                        assertThat(CommandLine.millrace(server, "dlq", "list", "file-digits").out())
                                .contains("not for me"));
    }
}
