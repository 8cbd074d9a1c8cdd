package io.millrace.log.kafka;

import io.millrace.spi.ConsumerSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;

/** The settings of Kafka's clients, with the reason for each that is not Kafka's own choice. */
final class ClientSettings {

    /** An MQTT packet of 52 MiB, and room for key, headers and Kafka's framing. */
    static final int MAX_RECORD_BYTES = 53 << 20;

    /** After a crash the broker reads the last segment of each partition again: keep it short. */
    private static final int SEGMENT_BYTES = 128 << 20;

    private static final int TRANSACTION_TIMEOUT_MILLIS = 30_000;

    /** Two clients of one name would be refused their entry in the register of JMX. */
    private static final AtomicLong READERS = new AtomicLong();

    private final KafkaLogConfig config;

    ClientSettings(KafkaLogConfig config) {
        this.config = config;
    }

    Map<String, Object> producer() {
        Map<String, Object> settings = common("millrace-producer");
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // Send at once when idle; under load records gather into a batch behind the request that
        // is on its way, so throughput does not need a wait either.
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        // With more than one request on its way a broker that does not know the producer yet may
        // refuse the first and take the second: that breaks the order within a key.
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // Some thousand small records a batch. Larger ones only cost memory: each partition that
        // is written to holds at least one.
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10);
        // The 64 MiB that the MQTT broker lets be under way, one record of the largest size that it
        // took just before it stopped reading, and 11 MiB of others. Beyond it append() waits, and
        // with it all connections of the thread that called it.
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_RECORD_BYTES);
        // Measured on loopback: lz4 costs more time than it saves. A cluster far away may want it:
        // compression.type in the client properties.
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
        // Longer than a broker takes to come back (four seconds after a crash) or a partition to
        // change its leader, shorter than the patience of senders: they get an error then and send
        // again.
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 30_000);
        // A topic written to once an hour should not wait for its metadata each time.
        settings.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, 24 * 3_600_000);
        settings.putAll(config.clientProperties());
        return settings;
    }

    /** A producer of transactions; the client properties cannot name another transactional id. */
    Map<String, Object> transactor(String name) {
        Map<String, Object> settings = producer();
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, name);
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, "millrace-" + name);
        // Of a writer that dies and never comes back the readers of its topics wait so long, and so
        // does whoever takes over its partitions. One that comes back ends its own at once. Longer
        // than a broker takes to come back.
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MILLIS);
        // What was not delivered while the transaction lived can only be aborted.
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 20_000);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
        // One record of the largest size, and then some: there is one of these for each task.
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64L << 20);
        // A transaction that follows at once is told to come again until the markers of the last
        // one are written, which is a matter of milliseconds.
        settings.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, 5);
        settings.putAll(config.clientProperties());
        return settings;
    }

    Map<String, Object> consumer(ConsumerSpec spec) {
        Map<String, Object> settings = common("millrace-" + spec.group() + "-" + spec.member());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, spec.group());
        // Who comes back under its name takes its partitions over at once.
        settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, spec.member());
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        settings.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                CooperativeStickyAssignor.class.getName());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, spec.maxRecords());
        // The protocol of LogConsumer: between two polls the partitions stay assigned, however
        // long user code takes. A member that is alive but stuck is the business of its own
        // supervisor; one that is dead is noticed by its heartbeats.
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, Integer.MAX_VALUE);
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
        // Members learn from the answer to a heartbeat that partitions are to change hands.
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
        // Answer as soon as there is anything; a fetch that found nothing waits at the broker.
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 500);
        // Large batches when behind. These are no limits to a record: a larger one still comes,
        // alone.
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
        settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, 30_000);
        settings.putAll(config.clientProperties());
        return settings;
    }

    /** Of one that reads parts of the log outside of any group. */
    Map<String, Object> reader(int maxRecords) {
        Map<String, Object> settings = common("millrace-reader-" + READERS.incrementAndGet());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, maxRecords);
        // It reads what is there: a fetch that waits at the end of one part would hold up the next.
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
        settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        settings.putAll(config.clientProperties());
        return settings;
    }

    Map<String, Object> admin() {
        Map<String, Object> settings = common("millrace-admin");
        settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        settings.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, 20_000);
        settings.putAll(config.clientProperties());
        return settings;
    }

    Map<String, String> topic() {
        return Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(config.retention().toMillis()),
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                Integer.toString(MAX_RECORD_BYTES),
                // With three copies an acknowledgement means at least two of them.
                TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                config.replicationFactor() >= 3 ? "2" : "1",
                TopicConfig.SEGMENT_BYTES_CONFIG,
                Integer.toString(SEGMENT_BYTES),
                // Records say themselves when they happened, and a sender's clock may be ahead.
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                "CreateTime",
                TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
                Long.toString(Long.MAX_VALUE));
    }

    private Map<String, Object> common(String clientId) {
        var settings = new HashMap<String, Object>();
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
        // JMX and telemetry cost time at each start and nobody here reads them.
        settings.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
        settings.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
        // Back at once after a short break, without storming a broker that is down for long.
        settings.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 20);
        settings.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
        settings.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, 20);
        settings.put(CommonClientConfigs.RETRY_BACKOFF_MAX_MS_CONFIG, 500);
        return settings;
    }
}
