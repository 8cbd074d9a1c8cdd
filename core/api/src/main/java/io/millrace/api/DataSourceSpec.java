package io.millrace.api;

import java.time.Duration;
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
     * Objects in buckets of a store. One record for each event that tells of an object; what the
     * object holds is fetched by the pipelines that read it.
     *
     * @param store another store; empty for the embedded one
     * @param arrival how events come; {@link Inside} for the embedded store and for no other
     * @param setUp how the store comes to send them
     * @param keys how keys are written in events
     * @param content what pipelines get
     * @param limit the largest object that is fetched
     */
    public record Bucket(
            Optional<BucketConnection> store,
            Arrival arrival,
            SetUp setUp,
            Keys keys,
            Content content,
            DataSize limit)
            implements Connection {
        /** The largest object that is fetched where nothing else is said. */
        public static final DataSize DEFAULT_LIMIT = DataSize.ofMebibytes(32);

        /** The embedded store, as it is. */
        public Bucket() {
            this(
                    Optional.empty(),
                    new Inside(),
                    SetUp.NONE,
                    Keys.AUTO,
                    Content.INLINE,
                    DEFAULT_LIMIT);
        }
    }

    /** How events of a store come in. */
    public sealed interface Arrival {}

    /** The embedded store tells of them itself. */
    public record Inside() implements Arrival {}

    /**
     * The store posts them to us.
     *
     * @param secret what senders prove themselves with, each of which is enough: {@code token},
     *     {@code user} with {@code password}, {@code path}, {@code opaqueData}; empty to believe
     *     everybody
     * @param needsCertificate whether a sender must show a certificate that the server trusts
     */
    public record OverHttp(Optional<ResourceName> secret, boolean needsCertificate)
            implements Arrival {}

    /**
     * They are read from a Kafka topic.
     *
     * @param cluster where it is; empty for the log itself
     * @param topic its name
     * @param group the consumer group; empty for one made of project and name
     */
    public record OverKafka(Optional<KafkaConnection> cluster, String topic, Optional<String> group)
            implements Arrival {}

    /**
     * The store cannot tell: the buckets are listed again and again.
     *
     * @param every the time between two looks
     */
    public record Polled(Duration every) implements Arrival {}

    /**
     * How a store comes to send its events.
     *
     * @param isAuto whether we configure it ourselves
     * @param address where the store reaches us; empty for what the server knows of itself
     * @param target the ARN of a target that the store has already; empty to have one made
     */
    public record SetUp(boolean isAuto, Optional<String> address, Optional<String> target) {
        /** Nothing is configured, or it is done by hand. */
        public static final SetUp NONE = new SetUp(false, Optional.empty(), Optional.empty());
    }

    /** What pipelines get of objects. */
    public enum Content {
        /** The object; one that is too large is a dead letter. */
        INLINE,
        /** The object; of one that is too large its event. */
        AUTO,
        /** Its event. */
        REFERENCE
    }

    /** How keys are written in events. */
    public enum Keys {
        /** As the store that sends the event does it. */
        AUTO,
        /** With {@code +} for a space and {@code %XX}. */
        ENCODED,
        /** As they are. */
        RAW
    }

    /**
     * One stream of a data source: it has its own topic in the log.
     *
     * @param name unique in the data source
     * @param topic the MQTT topic, {@link TopicPattern}, Kafka topic or bucket that feeds it
     * @param categories its own category values; they win over those of the data source
     * @param objects which objects of the bucket count; of {@link Bucket} sources and of no others
     */
    public record Field(
            ResourceName name,
            String topic,
            Map<String, String> categories,
            Optional<ObjectFilter> objects) {
        public Field {
            categories = Map.copyOf(categories);
        }

        /** A field that is fed by a topic. */
        public Field(ResourceName name, String topic, Map<String, String> categories) {
            this(name, topic, categories, Optional.empty());
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
