package io.millrace.sender;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ReservedTopics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes samples to a topic and announces them: open, send each, announce once, close. One thread.
 *
 * <p>Samples are spread over the partitions of the topic. A sample that Kafka does not take fails
 * the next call, and nothing is announced then.
 */
public final class TrainingSender implements AutoCloseable {

    /** Where those who train listen, in the project {@code default}. */
    public static final String CONTROL_TOPIC = "KAFKA_ML_CONTROL_TOPIC";

    private static final int MAX_REQUEST = 51 << 20;
    private static final int PATIENCE_MILLIS = 30_000;

    private final String topic;
    private final Producer<byte[], byte[]> producer;
    private final int partitions;
    private final SentRanges sent = new SentRanges();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private long next;

    private TrainingSender(String topic, Producer<byte[], byte[]> producer, int partitions) {
        this.topic = topic;
        this.producer = producer;
        this.partitions = partitions;
    }

    /**
     * Connects.
     *
     * @param bootstrap host:port of the Kafka
     * @param topic gets the samples; made by its first use where the cluster allows that
     * @param settings of the Kafka client that are to be added, such as those of TLS
     * @throws MillraceException {@code DENIED} when the topic is not for users, {@code UNAVAILABLE}
     *     when nobody answers or there is no such topic
     */
    public static TrainingSender open(
            String bootstrap, String topic, Map<String, String> settings) {
        ReservedTopics.problem(topic)
                .ifPresent(problem -> {
                    throw new MillraceException(
                            ErrorCode.DENIED, "\"%s\": %s".formatted(topic, problem));
                });
        Producer<byte[], byte[]> producer;
        try {
            producer =
                    new KafkaProducer<>(
                            properties(bootstrap, settings),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
        } catch (KafkaException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "no Kafka at " + bootstrap + ": " + reason(e), e);
        }
        try {
            int partitions = producer.partitionsFor(topic).size();
            return new TrainingSender(topic, producer, partitions);
        } catch (KafkaException e) {
            producer.close(java.time.Duration.ZERO);
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the Kafka at %s does not answer or has no topic \"%s\", and makes none by its first use: %s"
                            .formatted(bootstrap, topic, reason(e)),
                    e);
        }
    }

    private static Map<String, Object> properties(String bootstrap, Map<String, String> settings) {
        var properties = new HashMap<String, Object>();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, "millrace-sender");
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 10);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64 << 20);
        // A topic that was made a moment ago may refuse the first batch, and must not get the one
        // behind it then.
        properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        properties.putAll(settings);
        return properties;
    }

    /**
     * Sends a sample; returns before it is acknowledged, and waits while too many are under way.
     *
     * @throws MillraceException {@code UNAVAILABLE} when an earlier one was not taken
     */
    public void send(Sample sample) {
        requireNoFailure();
        int partition = (int) (next++ % partitions);
        try {
            var _ =
                    producer.send(
                            new ProducerRecord<>(topic, partition, sample.label(), sample.data()),
                            (where, problem) -> {
                                if (problem == null) {
                                    sent.acknowledged(where.partition(), where.offset());
                                } else {
                                    failure.compareAndSet(null, problem);
                                }
                            });
        } catch (InterruptException e) {
            throw interrupted(e);
        } catch (KafkaException e) {
            throw notTaken(e);
        }
    }

    /** How many samples were acknowledged so far. */
    public long acknowledged() {
        return sent.count();
    }

    /**
     * Waits until all samples are acknowledged.
     *
     * @return their places, as {@code topic:partition:start:end}
     * @throws MillraceException {@code UNAVAILABLE} when one was not taken
     */
    public List<String> finish() {
        try {
            producer.flush();
        } catch (InterruptException e) {
            throw interrupted(e);
        }
        requireNoFailure();
        return sent.of(topic);
    }

    /**
     * Announces samples and returns when the announcement is acknowledged.
     *
     * @param controlTopic where those who train listen
     */
    public void announce(String controlTopic, Announcement announcement) {
        try {
            var _ =
                    producer.send(
                                    new ProducerRecord<>(
                                            controlTopic, announcement.key(), announcement.value()))
                            .get();
        } catch (ExecutionException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the samples are in the log, but could not be announced on %s: %s"
                            .formatted(controlTopic, reason(e)),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        }
    }

    private void requireNoFailure() {
        Exception problem = failure.get();
        if (problem != null) {
            throw notTaken(problem);
        }
    }

    private MillraceException notTaken(Exception problem) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "Kafka did not take a sample for %s; nothing was announced: %s"
                        .formatted(topic, reason(problem)),
                problem);
    }

    private static MillraceException interrupted(Exception e) {
        return new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while sending", e);
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    @Override
    public void close() {
        producer.close(java.time.Duration.ofSeconds(5));
    }
}
