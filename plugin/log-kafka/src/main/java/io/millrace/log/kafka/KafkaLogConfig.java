package io.millrace.log.kafka;

import io.millrace.api.KafkaConnection;
import io.millrace.api.MillraceException;
import java.time.Duration;
import java.util.Map;

/**
 * Where the Kafka is and how topics are made there.
 *
 * @param bootstrapServers {@code host:port}, several with commas
 * @param partitions of a new topic: the most members of a group that can share it
 * @param replicationFactor of a new topic: 1 for the embedded broker, 3 for a cluster
 * @param retention how long a new topic keeps its records
 * @param makesTopics whether topics that are missing are made; else they are asked for
 * @param clientProperties passed on to Kafka's clients as they are, and stronger than what we
 *     choose: TLS, SASL and the like. May hold secrets
 */
public record KafkaLogConfig(
        String bootstrapServers,
        int partitions,
        int replicationFactor,
        Duration retention,
        boolean makesTopics,
        Map<String, String> clientProperties) {

    public static final int DEFAULT_PARTITIONS = 4;
    public static final Duration DEFAULT_RETENTION = Duration.ofDays(7);

    public KafkaLogConfig {
        if (bootstrapServers.isBlank()) {
            throw MillraceException.invalid("kafka.bootstrap must name at least one host:port");
        }
        if (partitions < 1) {
            throw MillraceException.invalid(
                    "a topic needs at least one partition, was " + partitions);
        }
        if (replicationFactor < 1 || replicationFactor > Short.MAX_VALUE) {
            throw MillraceException.invalid(
                    "the replication factor must be at least 1, was " + replicationFactor);
        }
        if (retention.isNegative() || retention.isZero()) {
            throw MillraceException.invalid("the retention must be positive, was " + retention);
        }
        clientProperties = Map.copyOf(clientProperties);
        for (String promised : KafkaConnection.PROMISED) {
            if (clientProperties.containsKey(promised)) {
                throw MillraceException.invalid(
                        "kafka.client."
                                + promised
                                + " cannot be set: what Millrace promises about delivery rests on it");
            }
        }
    }

    /** Our own log, where missing topics are made. */
    public KafkaLogConfig(
            String bootstrapServers,
            int partitions,
            int replicationFactor,
            Duration retention,
            Map<String, String> clientProperties) {
        this(bootstrapServers, partitions, replicationFactor, retention, true, clientProperties);
    }

    /** A cluster of somebody else, where topics are not ours to make. */
    static KafkaLogConfig ofCluster(String bootstrap, Map<String, String> clientProperties) {
        return new KafkaLogConfig(
                bootstrap, DEFAULT_PARTITIONS, 1, DEFAULT_RETENTION, false, clientProperties);
    }

    /** One broker, four partitions, seven days, no security. */
    public static KafkaLogConfig of(String bootstrapServers) {
        return new KafkaLogConfig(
                bootstrapServers, DEFAULT_PARTITIONS, 1, DEFAULT_RETENTION, Map.of());
    }

    /** Without the values of the client properties: they may be secrets. */
    @Override
    public String toString() {
        return "KafkaLogConfig[bootstrapServers=%s, partitions=%d, replicationFactor=%d, retention=%s, clientProperties=%s]"
                .formatted(
                        bootstrapServers,
                        partitions,
                        replicationFactor,
                        retention,
                        clientProperties.keySet());
    }
}
