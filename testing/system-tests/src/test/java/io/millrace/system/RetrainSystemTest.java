package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Continuous training with the real trainer: a model that was trained on wrong labels is replaced
 * when right ones came, and the next one, which is no better, is not, although the server is killed
 * while it is trained.
 */
@Timeout(1_200)
class RetrainSystemTest {

    /** The first round builds the environment of the trainer where there is none yet. */
    private static final Duration FIRST_ROUND = Duration.ofMinutes(12);

    private static final Duration ROUND = Duration.ofMinutes(3);
    private static final int DECLARED = 60;
    private static final int EVERY = 300;

    private static final String RESOURCES =
            """
            apiVersion: millrace.io/v1
            kind: ModelDefinition
            metadata: {name: greater}
            spec:
              library: keras
              source:
                inline: |
                  model = keras.Sequential([
                      keras.layers.Input((2,)),
                      keras.layers.Rescaling(1 / 128, offset=-1),
                      keras.layers.Dense(2, activation='softmax')])
                  model.compile(loss='sparse_categorical_crossentropy',
                      optimizer=keras.optimizers.Adam(0.05), metrics=['accuracy'])
            ---
            apiVersion: millrace.io/v1
            kind: Dataset
            metadata: {name: points}
            spec:
              ranges: ["points:0:0:%d"]
              decode: {format: raw, type: uint8, shape: [2]}
              label: {place: key, decode: {format: raw, type: uint8}}
              split: {test: 0.2}
            ---
            apiVersion: millrace.io/v1
            kind: Experiment
            metadata: {name: points}
            spec:
              definitions: [greater]
              dataset: points
              training: {batch: 16, fit: {epochs: "8"}, seed: 3}
              retrain: {every: %d, model: greater, metric: accuracy, improvement: 0.2}
            """
                    .formatted(DECLARED, EVERY);

    @TempDir private Path folder;
    private final RandomGenerator points = Faults.random(5);

    @Test
    void promotesWhatIsBetterOnHeldBackSamplesAndNothingElse() throws Exception {
        try (var server =
                new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start()) {
            new KafkaTopic(server, "points").create(1);
            send(server, DECLARED, true);
            Declared.apply(server, RESOURCES);
            awaitResult(
                    server,
                    "0",
                    "version 1 was promoted: no version was in production",
                    FIRST_ROUND);

            send(server, EVERY, false);
            awaitResult(server, "1", "version 2 was promoted: accuracy ", ROUND);
            assertThat(aliases(server)).contains("\"production\":2").contains("\"previous\":1");
            assertThat(server.get("/api/v1/projects/default/events").body())
                    .contains("RetrainBegun")
                    .contains("Promoted");
            assertThat(Declared.text(server, "datasets/points-round-1"))
                    .contains("points:0:0:60")
                    .contains("points:0:60:360");

            send(server, EVERY, false);
            await().atMost(ROUND)
                    .until(() ->
                            Declared.text(server, "experiments/points")
                                    .contains("\"round\":\"2\""));
            server.kill();
            server.launch();
            server.awaitReady();
            awaitResult(server, "2", "not promoted: accuracy ", ROUND);
            assertThat(aliases(server)).contains("\"production\":2").contains("\"version\":3");
            assertThat(Declared.text(server, "trainingruns"))
                    .contains("points-greater-3")
                    .doesNotContain("points-greater-4");
            // Events end with the process.
            assertThat(server.get("/api/v1/projects/default/events").body())
                    .contains("NotPromoted");
        }
    }

    private static void awaitResult(
            ServerProcess server, String round, String result, Duration patience) {
        await().atMost(patience)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() ->
                        assertThat(Declared.text(server, "experiments/points"))
                                .contains("\"round\":\"" + round + "\"")
                                .contains("\"round result\":\"" + result));
    }

    private static String aliases(ServerProcess server) {
        return Declared.text(server, "models/greater").replace(" ", "");
    }

    /** Two numbers, and whether the first is the greater one; or the contrary. */
    private void send(ServerProcess server, int count, boolean isWrong) throws Exception {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", "127.0.0.1:" + server.ports().kafka(), "acks", "all");
        try (var producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < count; i++) {
                int first = points.nextInt(256);
                int second = points.nextInt(256);
                int label = first > second != isWrong ? 1 : 0;
                producer.send(
                                new ProducerRecord<>(
                                        "points",
                                        new byte[] {(byte) label},
                                        new byte[] {(byte) first, (byte) second}))
                        .get();
            }
        }
    }
}
