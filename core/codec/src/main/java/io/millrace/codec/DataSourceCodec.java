package io.millrace.codec;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Connection;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.ExternalKafka;
import io.millrace.api.DataSourceSpec.ExternalMqtt;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.DataSourceSpec.LogTopics;
import io.millrace.api.KafkaConnection;
import io.millrace.api.MqttConnection;
import io.millrace.api.ReservedTopics;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code kind: DataSource}. */
final class DataSourceCodec implements KindCodec<DataSourceSpec> {

    @Override
    public Class<DataSourceSpec> type() {
        return DataSourceSpec.class;
    }

    @Override
    public DataSourceSpec read(Fields spec) {
        String way = spec.later("bucket", "http").oneOf("mqtt", "kafka").orElse("mqtt");
        Fields settings = spec.optional(way).fields();
        boolean isKafka = way.equals("kafka");
        Connection connection = isKafka ? kafka(settings) : mqtt(settings);
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
        if (broker.isEmpty()) {
            for (Value extra : new Value[] {qos, group}) {
                if (extra.isPresent()) {
                    extra.problem("only another broker has it; 'url' says which");
                }
            }
            fields.rejectUnknown();
            return new EmbeddedMqtt();
        }
        var connection =
                new ExternalMqtt(
                        broker.get(),
                        qos.isPresent() ? qos.integer(0, 2) : 1,
                        group.isPresent() ? Optional.of(group.filledText()) : Optional.empty());
        fields.rejectUnknown();
        return connection;
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
        Value topic = fields.required("topic");
        names.add(name);
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
            case EmbeddedMqtt() -> Topics.problemOfFilter(topic);
            case ExternalMqtt _ -> Topics.problemOfFilter(topic);
            case ExternalKafka _ -> Topics.problemOfFixedLog(topic);
            case LogTopics() ->
                    Topics.problemOfFixedLog(topic).or(() -> ReservedTopics.problem(topic));
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
            case EmbeddedMqtt() -> map.put("mqtt", Node.map().build());
            case ExternalMqtt mqtt -> map.put("mqtt", write(mqtt));
            case LogTopics() -> map.put("kafka", Node.map().build());
            case ExternalKafka kafka -> map.put("kafka", write(kafka));
        }
        return map.put("fields", Node.list(spec.fields().stream().map(this::write).toList()))
                .put("categories", Trees.textMap(spec.categories()))
                .build();
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
        var map = Node.map().put("name", field.name().value()).put("topic", field.topic());
        if (!field.categories().isEmpty()) {
            map.put("categories", Trees.textMap(field.categories()));
        }
        return map.build();
    }
}
