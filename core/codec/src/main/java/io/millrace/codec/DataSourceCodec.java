package io.millrace.codec;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.Connection;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.ExternalKafka;
import io.millrace.api.DataSourceSpec.ExternalMqtt;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.DataSourceSpec.LogTopics;
import io.millrace.api.DataSourceSpec.MqttUsers;
import io.millrace.api.KafkaConnection;
import io.millrace.api.MqttConnection;
import io.millrace.api.ObjectNames;
import io.millrace.api.ReservedTopics;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicFilter;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code kind: DataSource}. */
final class DataSourceCodec implements KindCodec<DataSourceSpec> {

    private static final int MAX_RATE = 1_000_000;

    @Override
    public Class<DataSourceSpec> type() {
        return DataSourceSpec.class;
    }

    @Override
    public DataSourceSpec read(Fields spec) {
        String way = spec.later("http").oneOf("mqtt", "kafka", "bucket").orElse("mqtt");
        Fields settings = spec.optional(way).fields();
        Connection connection =
                switch (way) {
                    case "kafka" -> kafka(settings);
                    case "bucket" -> BucketSourceCodec.read(settings);
                    default -> mqtt(settings);
                };
        var fields = new ArrayList<Field>();
        var names = new ArrayList<Value>();
        var topics = new ArrayList<Value>();
        for (Value item : spec.required("fields").filledItems()) {
            fields.add(field(item.fields(), connection, names, topics));
        }
        Value.refuseDuplicates("field name", names);
        Value.refuseDuplicates("topic", topics);
        Map<String, String> categories = categories(spec.optional("categories"));
        spec.rejectUnknown();
        return new DataSourceSpec(connection, fields, categories);
    }

    private static Connection mqtt(Fields fields) {
        Optional<MqttConnection> broker = ConnectionCodec.mqtt(fields);
        Value qos = fields.optional("qos");
        Value group = fields.optional("group");
        Value users = fields.optional("users");
        Value publish = fields.optional("publish");
        Value subscribe = fields.optional("subscribe");
        Value rate = fields.optional("rate");
        if (broker.isEmpty()) {
            refuse("only another broker has it; 'url' says which", qos, group);
            var embedded =
                    new EmbeddedMqtt(
                            users(users, publish, subscribe),
                            rate.isPresent()
                                    ? OptionalInt.of(rate.integer(1, MAX_RATE))
                                    : OptionalInt.empty());
            fields.rejectUnknown();
            return embedded;
        }
        refuse(
                "only the embedded broker has it, and 'url' names another one",
                users,
                publish,
                subscribe,
                rate);
        var connection =
                new ExternalMqtt(
                        broker.get(),
                        qos.isPresent() ? qos.integer(0, 2) : 1,
                        group.isPresent() ? Optional.of(shareName(group)) : Optional.empty());
        fields.rejectUnknown();
        return connection;
    }

    /** A level of the topic that is subscribed to, so it must be one and stand for itself. */
    private static String shareName(Value group) {
        String name = group.filledText();
        if (name.indexOf('/') >= 0 || TopicFilter.hasWildcard(name)) {
            group.problem("the name of a group must not hold '/', '+' or '#'");
        }
        return name;
    }

    private static Optional<MqttUsers> users(Value users, Value publish, Value subscribe) {
        if (!users.isPresent()) {
            refuse("only 'users' have it; they are missing", publish, subscribe);
            return Optional.empty();
        }
        Fields fields = users.fields();
        ResourceName secret = fields.required("secret").name("secret");
        fields.rejectUnknown();
        if (!publish.isPresent() && !subscribe.isPresent()) {
            users.problem(
                    "users need 'publish' or 'subscribe': the topics of each, such as"
                            + " inqueue/{user}");
        }
        return Optional.of(new MqttUsers(secret, ownTopics(publish), ownTopics(subscribe)));
    }

    private static List<String> ownTopics(Value topics) {
        var own = new ArrayList<String>();
        for (Value topic : topics.items()) {
            String text = topic.filledText();
            Topics.problemOfUsers(text).ifPresent(topic::problem);
            own.add(text);
        }
        return own;
    }

    private static void refuse(String why, Value... extras) {
        for (Value extra : extras) {
            if (extra.isPresent()) {
                extra.problem(why);
            }
        }
    }

    private static Connection kafka(Fields fields) {
        Optional<KafkaConnection> cluster = ConnectionCodec.kafka(fields);
        Value group = fields.optional("group");
        if (cluster.isEmpty()) {
            if (group.isPresent()) {
                group.problem("only another cluster has it; 'bootstrap' says which");
            }
            fields.rejectUnknown();
            return new LogTopics();
        }
        var connection =
                new ExternalKafka(
                        cluster.get(),
                        group.isPresent() ? Optional.of(group.filledText()) : Optional.empty());
        fields.rejectUnknown();
        return connection;
    }

    private static Field field(
            Fields fields, Connection connection, List<Value> names, List<Value> topics) {
        Value name = fields.required("name");
        names.add(name);
        if (connection instanceof Bucket) {
            return BucketSourceCodec.field(
                    fields, name.name("field name"), categories(fields.optional("categories")));
        }
        Value topic = fields.required("topic");
        topics.add(topic);
        String filter = topic.filledText();
        problemOf(filter, connection).ifPresent(topic::problem);
        var field =
                new Field(
                        name.name("field name"), filter, categories(fields.optional("categories")));
        fields.rejectUnknown();
        return field;
    }

    private static Optional<String> problemOf(String topic, Connection connection) {
        return switch (connection) {
            case EmbeddedMqtt _ -> Topics.problemOfFilter(topic);
            case ExternalMqtt _ -> Topics.problemOfFilter(topic);
            case ExternalKafka _ -> Topics.problemOfFixedLog(topic);
            case LogTopics() ->
                    Topics.problemOfFixedLog(topic).or(() -> ReservedTopics.problem(topic));
            case Bucket _ -> ObjectNames.problemOfBucket(topic);
        };
    }

    private static Map<String, String> categories(Value categories) {
        var values = categories.textMap();
        categories
                .map()
                .forEach((category, value) -> {
                    PipelineCodec.checkCategory(category, value);
                    value.filledLooseText();
                });
        return values;
    }

    @Override
    public MapNode write(DataSourceSpec spec) {
        var map = Node.map();
        switch (spec.connection()) {
            case EmbeddedMqtt mqtt -> map.put("mqtt", write(mqtt));
            case ExternalMqtt mqtt -> map.put("mqtt", write(mqtt));
            case LogTopics() -> map.put("kafka", Node.map().build());
            case ExternalKafka kafka -> map.put("kafka", write(kafka));
            case Bucket bucket -> map.put("bucket", BucketSourceCodec.write(bucket));
        }
        return map.put("fields", Node.list(spec.fields().stream().map(this::write).toList()))
                .put("categories", Trees.textMap(spec.categories()))
                .build();
    }

    private static MapNode write(EmbeddedMqtt mqtt) {
        var map = Node.map();
        mqtt.users()
                .ifPresent(users -> {
                    map.put("users", Node.map().put("secret", users.secret().value()).build());
                    putTexts(map, "publish", users.publish());
                    putTexts(map, "subscribe", users.subscribe());
                });
        mqtt.rate().ifPresent(rate -> map.put("rate", rate));
        return map.build();
    }

    private static void putTexts(Node.MapBuilder map, String name, List<String> texts) {
        if (!texts.isEmpty()) {
            map.put(name, Node.texts(texts));
        }
    }

    private static MapNode write(ExternalMqtt mqtt) {
        var map = Node.map();
        ConnectionCodec.write(mqtt.broker(), map);
        map.put("qos", mqtt.qos());
        mqtt.group().ifPresent(group -> map.put("group", group));
        return map.build();
    }

    private static MapNode write(ExternalKafka kafka) {
        var map = Node.map();
        ConnectionCodec.write(kafka.cluster(), map);
        kafka.group().ifPresent(group -> map.put("group", group));
        return map.build();
    }

    private MapNode write(Field field) {
        var map = Node.map().put("name", field.name().value());
        field.objects()
                .ifPresentOrElse(
                        objects -> BucketSourceCodec.write(field.topic(), objects, map),
                        () -> map.put("topic", field.topic()));
        if (!field.categories().isEmpty()) {
            map.put("categories", Trees.textMap(field.categories()));
        }
        return map.build();
    }
}
