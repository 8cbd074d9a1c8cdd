package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where data comes from.
 *
 * @param connection how it comes in
 * @param fields its streams, at least one, names unique
 * @param categories the category values of all its fields: category name to value
 */
public record DataSourceSpec(
        Connection connection, List<Field> fields, Map<String, String> categories) implements Spec {

    public DataSourceSpec {
        fields = List.copyOf(fields);
        categories = Map.copyOf(categories);
    }

    /** How data comes in: one record for each way. */
    public sealed interface Connection {}

    /**
     * MQTT clients publish to the embedded broker, with the source's client certificates or as one
     * of its users.
     *
     * @param users who may come with a name and a password; empty for nobody
     * @param rate messages a second that one client may send; above it the client is read more
     *     slowly; empty for no limit
     */
    public record EmbeddedMqtt(Optional<MqttUsers> users, OptionalInt rate) implements Connection {
        /** With client certificates only, without a limit. */
        public EmbeddedMqtt() {
            this(Optional.empty(), OptionalInt.empty());
        }
    }

    /**
     * Users of the embedded broker, and the topics that each of them has for itself.
     *
     * @param secret whose names are the users and whose values are their passwords
     * @param publish topic filters; {@code {user}} is a level that holds the user's own name
     * @param subscribe the same for what they may read
     */
    public record MqttUsers(ResourceName secret, List<String> publish, List<String> subscribe) {
        /** What stands for the user's name. */
        public static final String USER = "{user}";

        public MqttUsers {
            publish = List.copyOf(publish);
            subscribe = List.copyOf(subscribe);
        }
    }

    /**
     * Another MQTT broker, to which we subscribe.
     *
     * @param broker where it is
     * @param qos of the subscriptions, 0 to 2
     * @param group of a shared subscription ({@code $share}); empty for a plain one
     */
    public record ExternalMqtt(MqttConnection broker, int qos, Optional<String> group)
            implements Connection {}

    /**
     * Kafka clients write to topics of the log itself; a field's topic is its topic in the log, and
     * nothing is copied.
     */
    public record LogTopics() implements Connection {}

    /**
     * Topics of another Kafka cluster, copied into the log.
     *
     * @param cluster where it is
     * @param group the consumer group; empty for one made of project and name
     */
    public record ExternalKafka(KafkaConnection cluster, Optional<String> group)
            implements Connection {}

    /**
     * One stream of a data source: it has its own topic in the log.
     *
     * @param name unique in the data source
     * @param topic the MQTT topic, {@link TopicPattern} or Kafka topic that feeds it
     * @param categories its own category values; they win over those of the data source
     */
    public record Field(ResourceName name, String topic, Map<String, String> categories) {
        public Field {
            categories = Map.copyOf(categories);
        }
    }

    /** The field of a name. */
    public Optional<Field> field(ResourceName name) {
        return fields.stream().filter(f -> f.name().equals(name)).findFirst();
    }

    /** The categories that count for a field: its own over those of the data source. */
    public Map<String, String> categoriesOf(Field field) {
        var all = new java.util.HashMap<String, String>(categories);
        all.putAll(field.categories());
        return Map.copyOf(all);
    }
}
