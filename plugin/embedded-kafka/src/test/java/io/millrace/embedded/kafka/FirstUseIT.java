package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.api.TimeSource;
import io.millrace.embedded.kafka.EmbeddedKafkaConfig.FirstUse;
import io.millrace.embedded.kafka.EmbeddedKafkaConfig.Listener;
import io.millrace.log.kafka.KafkaLogConfig;
import io.millrace.log.kafka.KafkaStreamLog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FirstUseIT {

    private static final int PARTITIONS = 3;

    @TempDir Path directory;

    @Test
    void producersAndConsumersMakeTheTopicsTheyUse() throws Exception {
        try (var kafka = started(base().withFirstUse(new FirstUse(PARTITIONS, 100)));
                var admin = admin(kafka.bootstrapServers());
                var consumer = consumer(kafka.bootstrapServers())) {
            send(kafka.bootstrapServers(), "control");
            assertThat(consumer.partitionsFor("output")).isNotNull();

            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(() ->
                            assertThat(
                                            admin.describeTopics(List.of("control", "output"))
                                                    .allTopicNames()
                                                    .get()
                                                    .values())
                                    .hasSize(2)
                                    .allMatch(topic -> topic.partitions().size() == PARTITIONS));
        }
    }

    @Test
    void namesOfMillraceAndOfKafkaAreNotForClients() throws Exception {
        try (var kafka = started(base().withFirstUse(new FirstUse(PARTITIONS, 100)));
                var log =
                        KafkaStreamLog.open(
                                KafkaLogConfig.of(kafka.bootstrapServers()), TimeSource.system())) {
            for (String topic : List.of("default.dead.digits", "a.source.b.c", "__state")) {
                assertThatThrownBy(() -> send(kafka.bootstrapServers(), topic))
                        .as(topic)
                        .isInstanceOf(ExecutionException.class)
                        .hasMessageContaining("not present in metadata");
            }

            log.ensureTopics(Set.of("default.dead.digits"));

            send(kafka.bootstrapServers(), "default.dead.digits");
        }
    }

    @Test
    void thereIsABoundOnTheirNumber() throws Exception {
        try (var kafka = started(base().withFirstUse(new FirstUse(1, 2)))) {
            send(kafka.bootstrapServers(), "one");
            send(kafka.bootstrapServers(), "two");
            assertThatThrownBy(() -> send(kafka.bootstrapServers(), "three"))
                    .isInstanceOf(ExecutionException.class);
            send(kafka.bootstrapServers(), "two");
        }
    }

    @Test
    void theBoundHoldsForTheTopicsOfOneRequestToo() throws Exception {
        try (var kafka = started(base().withFirstUse(new FirstUse(1, 2)));
                var admin = admin(kafka.bootstrapServers())) {
            var refused = new ArrayList<String>();
            for (var answer : create(admin, "one", "two", "three").values().entrySet()) {
                try {
                    answer.getValue().get();
                } catch (ExecutionException e) {
                    refused.add(answer.getKey());
                    assertThat(e.getCause())
                            .isInstanceOf(PolicyViolationException.class)
                            .hasMessageContaining("until the log has 2")
                            .hasMessageNotContaining("first use");
                }
            }
            assertThat(refused).hasSize(1);
            var made = new ArrayList<>(List.of("one", "two", "three"));
            made.removeAll(refused);
            assertThat(admin.listTopics().names().get()).containsExactlyInAnyOrderElementsOf(made);
        }
    }

    private static CreateTopicsResult create(Admin admin, String... topics) {
        return admin.createTopics(
                Stream.of(topics)
                        .map(each -> new NewTopic(each, Optional.empty(), Optional.empty()))
                        .toList());
    }

    @Test
    void withoutTheRuleAMisspeltTopicIsAnError() {
        try (var kafka = started(base())) {
            assertThatThrownBy(() -> send(kafka.bootstrapServers(), "misspelt"))
                    .isInstanceOf(ExecutionException.class);
        }
    }

    @Test
    void clientsOfTheExtraPortStayOnIt() throws Exception {
        int port = Ports.anyFree();
        try (var kafka =
                        started(
                                base().withFirstUse(new FirstUse(PARTITIONS, 100))
                                        .withExtra(new Listener("127.0.0.1", port, "localhost")));
                var admin = admin("localhost:" + port);
                var main = admin(kafka.bootstrapServers())) {
            var told = admin.describeCluster().nodes().get().iterator().next();

            assertThat(told.host()).isEqualTo("localhost");
            assertThat(told.port()).isEqualTo(port);
            send("localhost:" + port, "topic");
            assertThat(main.listTopics().names().get()).contains("topic");
            assertThat(main.describeCluster().nodes().get().iterator().next().port())
                    .isNotEqualTo(port);
        }
    }

    private EmbeddedKafkaConfig base() {
        return EmbeddedKafkaConfig.of(directory, 0);
    }

    private static EmbeddedKafka started(EmbeddedKafkaConfig config) {
        var kafka =
                new EmbeddedKafka(
                        config,
                        fault -> {
                            throw new AssertionError(fault);
                        });
        kafka.start();
        return kafka;
    }

    private static Admin admin(String servers) {
        return Admin.create(Map.of("bootstrap.servers", servers));
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String servers) {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", servers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private static void send(String servers, String topic) throws Exception {
        try (var producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", servers, "max.block.ms", 3_000),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            var _ =
                    producer.send(new ProducerRecord<>(topic, "x".getBytes(StandardCharsets.UTF_8)))
                            .get(30, TimeUnit.SECONDS);
        }
    }
}
