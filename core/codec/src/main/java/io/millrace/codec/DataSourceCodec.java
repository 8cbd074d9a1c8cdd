package io.millrace.codec;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Connection;
import io.millrace.api.DataSourceSpec.EmbeddedMqtt;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.codec.Node.MapNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code kind: DataSource}. */
final class DataSourceCodec implements KindCodec<DataSourceSpec> {

    @Override
    public Class<DataSourceSpec> type() {
        return DataSourceSpec.class;
    }

    @Override
    public DataSourceSpec read(Fields spec) {
        spec.later("kafka", "bucket", "http").oneOf("mqtt");
        Connection connection = mqtt(spec.optional("mqtt").fields());
        var fields = new ArrayList<Field>();
        var names = new ArrayList<Value>();
        var topics = new ArrayList<Value>();
        for (Value item : spec.required("fields").filledItems()) {
            fields.add(field(item.fields(), names, topics));
        }
        Value.refuseDuplicates("field name", names);
        Value.refuseDuplicates("topic", topics);
        Map<String, String> categories = categories(spec.optional("categories"));
        spec.rejectUnknown();
        return new DataSourceSpec(connection, fields, categories);
    }

    private static Connection mqtt(Fields mqtt) {
        mqtt.later("url", "secret").rejectUnknown();
        return new EmbeddedMqtt();
    }

    private static Field field(Fields fields, List<Value> names, List<Value> topics) {
        Value name = fields.required("name");
        Value topic = fields.required("topic");
        names.add(name);
        topics.add(topic);
        String filter = topic.filledText();
        Topics.problemOfFilter(filter).ifPresent(topic::problem);
        var field =
                new Field(
                        name.name("field name"), filter, categories(fields.optional("categories")));
        fields.rejectUnknown();
        return field;
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
        }
        return map.put("fields", Node.list(spec.fields().stream().map(this::write).toList()))
                .put("categories", Trees.textMap(spec.categories()))
                .build();
    }

    private MapNode write(Field field) {
        var map = Node.map().put("name", field.name().value()).put("topic", field.topic());
        if (!field.categories().isEmpty()) {
            map.put("categories", Trees.textMap(field.categories()));
        }
        return map.build();
    }
}
