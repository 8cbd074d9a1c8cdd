package io.millrace.control;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.Kind;
import io.millrace.api.ObjectFilter;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TopicPattern;
import io.millrace.spi.LogTopic;
import io.millrace.spi.ObjectInput;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the streams that a pipeline reads. Pure. */
final class StreamSelection {
    private StreamSelection() {}

    /**
     * A stream.
     *
     * @param label for people
     * @param owner the data source or pipeline that writes it; empty when Kafka clients do
     * @param logTopic where its records are
     * @param filter the filter of the embedded MQTT broker that feeds it; empty when none does
     * @param captures the names of levels of the sender's topic
     * @param selectors the categories by which it was chosen
     * @param objects what its records are news of; empty when they are the data themselves
     * @param counting which objects count, where its records are news of objects
     */
    record Stream(
            String label,
            Optional<ResourceKey> owner,
            String logTopic,
            Optional<String> filter,
            List<String> captures,
            Map<String, String> selectors,
            Optional<ObjectInput> objects,
            ObjectFilter counting) {

        private Stream(String label, Optional<ResourceKey> owner, String logTopic) {
            this(
                    label,
                    owner,
                    logTopic,
                    Optional.empty(),
                    List.of(),
                    Map.of(),
                    Optional.empty(),
                    ObjectFilter.ALL);
        }

        private static Stream of(
                Resource<DataSourceSpec> source, Field field, Map<String, String> selectors) {
            var connection = source.spec().connection();
            boolean isMqtt =
                    connection instanceof DataSourceSpec.EmbeddedMqtt
                            || connection instanceof DataSourceSpec.ExternalMqtt;
            Optional<TopicPattern> pattern =
                    isMqtt && TopicPattern.problem(field.topic()).isEmpty()
                            ? Optional.of(TopicPattern.parse(field.topic()))
                            : Optional.empty();
            return new Stream(
                    source.key().name() + "/" + field.name(),
                    Optional.of(source.key()),
                    DataSourcePlanner.logTopic(source, field),
                    connection instanceof DataSourceSpec.EmbeddedMqtt
                            ? pattern.map(TopicPattern::filter)
                            : Optional.empty(),
                    pattern.map(TopicPattern::names).orElse(List.of()),
                    selectors,
                    objects(connection, field),
                    field.objects().orElse(ObjectFilter.ALL));
        }

        private static Optional<ObjectInput> objects(
                DataSourceSpec.Connection connection, Field field) {
            return connection instanceof DataSourceSpec.Bucket bucket
                    ? Optional.of(
                            new ObjectInput(
                                    bucket.store(),
                                    field.topic(),
                                    field.objects()
                                            .filter(filter -> !filter.ignoresCase())
                                            .map(ObjectFilter::prefix)
                                            .orElse(""),
                                    bucket.content(),
                                    bucket.limit()))
                    : Optional.empty();
        }
    }

    /** The streams of a selection, by data source and field. */
    static List<Stream> select(
            PipelineSpec.Selection selection, ProjectId project, StoreImage image) {
        if (selection instanceof PipelineSpec.ByLogTopic(String topic)) {
            return List.of(new Stream("kafka/" + topic, Optional.empty(), topic));
        }
        if (selection instanceof PipelineSpec.ByPipeline(ResourceName name)) {
            var upstream = ResourceKey.of(Kind.PIPELINE, project, name);
            return List.of(
                    new Stream(
                            "pipeline/" + name,
                            Optional.of(upstream),
                            LogTopic.ofStream(project, name)));
        }
        var streams = new ArrayList<Stream>();
        for (var source : image.all(Kind.DATA_SOURCE, project, DataSourceSpec.class)) {
            for (Field field : source.spec().fields()) {
                choose(selection, source, field)
                        .ifPresent(by -> streams.add(Stream.of(source, field, by)));
            }
        }
        return streams;
    }

    private static Optional<Map<String, String>> choose(
            PipelineSpec.Selection selection, Resource<DataSourceSpec> source, Field field) {
        return switch (selection) {
            case PipelineSpec.ByCategories(var wanted) ->
                    choose(wanted, source.spec().categoriesOf(field));
            case PipelineSpec.ByPipeline _ -> Optional.empty();
            case PipelineSpec.ByLogTopic _ -> Optional.empty();
            case PipelineSpec.ByDataSource(var name, var fields) ->
                    name.equals(source.key().name())
                                    && (fields.isEmpty() || fields.contains(field.name()))
                            ? Optional.of(Map.of())
                            : Optional.empty();
        };
    }

    /**
     * Different categories are ANDed, several values of one category are ORed; no category at all
     * selects nothing.
     *
     * @return the values by which it was chosen; empty when it was not
     */
    static Optional<Map<String, String>> choose(
            Map<String, List<String>> wanted, Map<String, String> carried) {
        var chosenBy = new HashMap<String, String>();
        for (var category : wanted.entrySet()) {
            String value = carried.get(category.getKey());
            if (value == null || !category.getValue().contains(value)) {
                return Optional.empty();
            }
            chosenBy.put(category.getKey(), value);
        }
        return chosenBy.isEmpty() ? Optional.empty() : Optional.of(chosenBy);
    }
}
