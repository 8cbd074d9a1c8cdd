package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Kafka cluster that is not the log.
 *
 * @param bootstrap {@code host:port}, several with commas
 * @param secret with {@code user} and {@code password} (SASL), {@code ca}, {@code certificate} and
 *     {@code key} in PEM (TLS); empty for none
 * @param mechanism of SASL, such as {@code SCRAM-SHA-512}; empty for none
 * @param isTls whether the connection is encrypted
 * @param properties further settings of Kafka's clients, no secrets among them
 */
public record KafkaConnection(
        String bootstrap,
        Optional<ResourceName> secret,
        Optional<String> mechanism,
        boolean isTls,
        Map<String, String> properties) {

    /**
     * Settings of Kafka's clients that nobody makes: what is promised about delivery rests on them.
     */
    public static final List<String> PROMISED =
            List.of(
                    "acks",
                    "enable.idempotence",
                    "max.in.flight.requests.per.connection",
                    "transactional.id",
                    "transaction.two.phase.commit.enable",
                    "enable.auto.commit",
                    "auto.offset.reset",
                    "isolation.level",
                    "group.id",
                    "group.instance.id");

    public KafkaConnection {
        properties = Map.copyOf(properties);
    }
}
