package io.millrace.system;

import io.millrace.testkit.DeliveryOracle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A topic of a server's Kafka as Kafka's own clients see it. */
final class KafkaTopic {

    private static final int IN_FLIGHT = 500;

    private final String bootstrap;
    private final String name;

    KafkaTopic(ServerProcess server, String name) {
        this.bootstrap = "127.0.0.1:" + server.ports().kafka();
        this.name = name;
    }

    KafkaTopic create(int partitions) {
        ask(admin -> admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all());
        return this;
    }

    void delete() {
        ask(admin -> admin.deleteTopics(List.of(name)).all());
    }

    void grow(int partitions) {
        ask(admin ->
                admin.createPartitions(Map.of(name, NewPartitions.increaseTo(partitions))).all());
    }

    boolean exists() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            return admin.listTopics().names().get().contains(name);
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    private interface Question {
        org.apache.kafka.common.KafkaFuture<Void> of(Admin admin);
    }

    private void ask(Question question) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            question.of(admin).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** Sends as long as there is something, with idempotence, for ever. */
    void send(Ledger ledger, Supplier<Map.Entry<String, byte[]>> records) {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "acks",
                        "all",
                        "enable.idempotence",
                        true,
                        "linger.ms",
                        5,
                        "max.block.ms",
                        300_000,
                        "delivery.timeout.ms",
                        300_000);
        var window = new Semaphore(IN_FLIGHT);
        try (var producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (var record = records.get(); record != null; record = records.get()) {
                byte[] value = record.getValue();
                byte[] key = record.getKey().getBytes(StandardCharsets.UTF_8);
                window.acquireUninterruptibly();
                var _ =
                        producer.send(
                                new ProducerRecord<>(name, key, value),
                                (_, failure) -> {
                                    if (failure == null) {
                                        ledger.acknowledged(value);
                                    }
                                    window.release();
                                });
            }
            producer.flush();
        }
    }

    /** Everything that is there now, as those see it who want what is committed. */
    void readAll(Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (var consumer = consumer()) {
            List<TopicPartition> partitions = assign(consumer);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(each);
            }
        }
    }

    /**
     * Which records stand here behind later ones of their sender, to tell the way in from the way
     * out.
     */
    String disorder() {
        var highest = new HashMap<String, Long>();
        var found = new StringBuilder();
        readAll(record -> {
            String key =
                    record.partition() + "/" + new String(record.key(), StandardCharsets.UTF_8);
            long number = DeliveryOracle.numberOf(record.value());
            long before = highest.merge(key, number, Math::max);
            if (number < before) {
                found.append(
                        "%d after %d at %d/%d; "
                                .formatted(number, before, record.partition(), record.offset()));
            }
        });
        return name + (found.isEmpty() ? " is in order" : ": " + found);
    }

    /** How many records it has taken, whoever read them. */
    long taken() {
        try (var consumer = consumer()) {
            return consumer
                    .endOffsets(
                            consumer.partitionsFor(name).stream()
                                    .map(KafkaTopic::partition)
                                    .toList())
                    .values()
                    .stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    /** Follows it from the beginning in a thread of its own until it is closed. */
    Follower follow(Consumer<ConsumerRecord<byte[], byte[]>> each) {
        return new Follower(each);
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrap,
                        "isolation.level",
                        "read_committed",
                        "enable.auto.commit",
                        false,
                        "auto.offset.reset",
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private List<TopicPartition> assign(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> partitions =
                consumer.partitionsFor(name).stream().map(KafkaTopic::partition).toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return partitions;
    }

    private static TopicPartition partition(PartitionInfo info) {
        return new TopicPartition(info.topic(), info.partition());
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        var header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** Who reads on and on. */
    final class Follower implements AutoCloseable {
        private final Thread thread;
        private volatile boolean isRunning = true;

        Follower(Consumer<ConsumerRecord<byte[], byte[]>> each) {
            thread =
                    Thread.ofPlatform()
                            .name("reader of " + name)
                            .start(() -> {
                                try (var consumer = consumer()) {
                                    assign(consumer);
                                    while (isRunning) {
                                        consumer.poll(Duration.ofMillis(200)).forEach(each);
                                    }
                                }
                            });
        }

        boolean isAlive() {
            return thread.isAlive();
        }

        @Override
        public void close() {
            isRunning = false;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }
}
