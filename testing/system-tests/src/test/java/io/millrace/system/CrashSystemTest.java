package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.millrace.api.TimeSource;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import io.millrace.spi.ConsumerSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code kill -9} of the real server at random moments under load: every message whose PUBACK came
 * is answered to a subscriber with a persistent session, unaltered and, per sender, in order.
 */
@Timeout(1_200)
@ExtendWith(Faults.class)
class CrashSystemTest {

    private static final int KILLS = 5;
    private static final int IN_FLIGHT = 100;
    private static final Duration SETTLE = Duration.ofMinutes(5);

    private static final String RESOURCES =
            """
            apiVersion: millrace.io/v1
            kind: DataSource
            metadata: {name: numbers}
            spec: {mqtt: {}, fields: [{name: numbers, topic: numbers/in}]}
            ---
            apiVersion: millrace.io/v1
            kind: Pipeline
            metadata: {name: forward}
            spec:
              from: {dataSource: {name: numbers}}
              to: [{mqtt: {topic: numbers/out}}]
            """;

    @TempDir Path folder;

    static Stream<Long> seeds() {
        return Faults.seeds(4, 40);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyAcknowledgedMessageIsAnswered(long seed) throws InterruptedException {
        RandomGenerator random = Faults.random(seed);
        Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
        Map<Integer, Integer> answers = new ConcurrentHashMap<>();
        var order = new OrderCheck();
        try (var server =
                new ServerProcess(folder.resolve("data"), ServerProcess.Ports.free()).start()) {
            Declared.apply(server, RESOURCES);
            Declared.awaitReady(server, "datasources/numbers", "pipelines/forward");
            Mqtt3AsyncClient subscriber = client(server, "subscriber");
            subscriber.publishes(
                    com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL,
                    message -> {
                        int id = number(message);
                        answers.merge(id, 1, Integer::sum);
                        order.answered(id);
                    });
            connect(subscriber, false);
            subscriber
                    .subscribeWith()
                    .topicFilter("numbers/out")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send()
                    .join();
            var running = new AtomicBoolean(true);
            Thread load =
                    Thread.ofPlatform()
                            .name("load")
                            .start(() -> publish(server, acknowledged, running));
            for (int kill = 0; kill < KILLS; kill++) {
                int before = acknowledged.size();
                int wanted = random.nextInt(50, 2_000);
                await().atMost(SETTLE).until(() -> acknowledged.size() > before + wanted);
                server.kill();
                server.launch();
                if (random.nextInt(3) == 0) {
                    // Also during recovery: HTTP is up early, the log and the broker are not.
                    await().atMost(SETTLE).until(server::isAlive);
                    server.kill();
                    server.launch();
                }
                server.awaitReady();
            }
            running.set(false);
            load.join();
            await().atMost(SETTLE)
                    .untilAsserted(() ->
                            assertThat(answers.keySet())
                                    .as("seed %d, log:%n%s", seed, tail(server))
                                    .containsAll(acknowledged));
            assertThat(acknowledged).hasSizeGreaterThan(150);
            assertThat(order.violations())
                    .as(
                            "answers out of order, seed %d; the log: %s",
                            seed, LogDump.of(server, order))
                    .isEmpty();
            Faults.tell(
                    "seed %d: %d acknowledged, 0 lost, %d answered again"
                            .formatted(
                                    seed,
                                    acknowledged.size(),
                                    answers.values().stream().filter(n -> n > 1).count()));
            subscriber.disconnect().join();
        }
    }

    /** Publishes numbers in turn, reconnecting for ever; a number counts when its PUBACK came. */
    private static void publish(
            ServerProcess server, Set<Integer> acknowledged, AtomicBoolean running) {
        Mqtt3AsyncClient publisher = client(server, "publisher");
        connect(publisher, true);
        var window = new Semaphore(IN_FLIGHT);
        for (int id = 0; running.get(); id++) {
            int number = id;
            if (!publisher.getState().isConnected()) {
                // Publishing would fail at once, millions of times.
                await().atMost(SETTLE)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> publisher.getState().isConnected() || !running.get());
            }
            window.acquireUninterruptibly();
            var _ =
                    publisher
                            .publishWith()
                            .topic("numbers/in")
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .payload(Integer.toString(id).getBytes(StandardCharsets.UTF_8))
                            .send()
                            .whenComplete((_, failure) -> {
                                if (failure == null) {
                                    acknowledged.add(number);
                                }
                                window.release();
                            });
        }
        window.acquireUninterruptibly(IN_FLIGHT);
        await().atMost(SETTLE).until(() -> publisher.getState().isConnected());
        publisher.disconnect().join();
    }

    private static Mqtt3AsyncClient client(ServerProcess server, String id) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id)
                .serverHost("127.0.0.1")
                .serverPort(server.ports().mqttPlain())
                .automaticReconnect()
                .initialDelay(50, java.util.concurrent.TimeUnit.MILLISECONDS)
                .maxDelay(500, java.util.concurrent.TimeUnit.MILLISECONDS)
                .applyAutomaticReconnect()
                .buildAsync();
    }

    /** What the log holds around the first violation, to tell the way in from the way out. */
    private static final class LogDump {
        static String of(ServerProcess server, OrderCheck order) {
            if (order.violations().isEmpty()) {
                return "";
            }
            var text = new StringBuilder();
            try (var log =
                            KafkaStreamLog.open(
                                    KafkaLogConfig.of("127.0.0.1:" + server.ports().kafka()),
                                    TimeSource.system());
                    var consumer = log.consumer(new ConsumerSpec("dump", "dump", 0, 10_000))) {
                consumer.subscribe(Set.of("default.source.numbers.numbers"));
                int highest = -1;
                int idle = 0;
                while (idle < 4) {
                    var batch = consumer.poll(Duration.ofMillis(500));
                    idle = batch.isEmpty() ? idle + 1 : 0;
                    for (var record : batch) {
                        int id =
                                Integer.parseInt(
                                        new String(record.value(), StandardCharsets.UTF_8));
                        if (id < highest) {
                            text.append(
                                    "%d after %d at %s/%d; "
                                            .formatted(
                                                    id,
                                                    highest,
                                                    record.partition(),
                                                    record.offset()));
                        }
                        highest = Math.max(id, highest);
                    }
                }
            }
            return text.isEmpty() ? "in order" : text.toString();
        }
    }

    private static void connect(Mqtt3AsyncClient client, boolean clean) {
        client.connectWith().cleanSession(clean).send().join();
    }

    private static int number(Mqtt3Publish message) {
        return Integer.parseInt(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8));
    }

    private static String tail(ServerProcess server) {
        String log = server.logText();
        return log.substring(Math.max(0, log.length() - 4_000));
    }

    /**
     * First answers must come in the order of the numbers; repetitions may come at any time, since
     * a crash makes the pipeline go back to its last commit.
     */
    private static final class OrderCheck {
        private final java.util.List<String> violations = new java.util.ArrayList<>();
        private final Set<Integer> seen = new java.util.HashSet<>();
        private int highest = -1;

        synchronized void answered(int id) {
            if (!seen.add(id)) {
                return;
            }
            if (id < highest) {
                violations.add(id + " came first after " + highest);
            }
            highest = Math.max(highest, id);
        }

        synchronized java.util.List<String> violations() {
            return java.util.List.copyOf(violations);
        }
    }
}
