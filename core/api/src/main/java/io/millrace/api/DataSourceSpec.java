package io.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /** MQTT clients publish to the embedded broker with the source's client certificates. */
    public record EmbeddedMqtt() implements Connection {}

    /**
     * One stream of a data source: it has its own topic in the log.
     *
     * @param name unique in the data source
     * @param topic the MQTT topic or topic filter that feeds it
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
