package io.millrace.control;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.Kind;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
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
     * @param source whose
     * @param field which of its fields
     * @param selectors the categories by which it was chosen
     */
    record Stream(ResourceKey source, Field field, Map<String, String> selectors) {
        String logTopic() {
            return DataSourcePlanner.logTopic(source, field);
        }

        String label() {
            return source.name() + "/" + field.name();
        }
    }

    /** The streams of a selection, by data source and field. */
    static List<Stream> select(
            PipelineSpec.Selection selection, ProjectId project, StoreImage image) {
        var streams = new ArrayList<Stream>();
        for (var source : image.all(Kind.DATA_SOURCE, project, DataSourceSpec.class)) {
            for (Field field : source.spec().fields()) {
                choose(selection, source, field)
                        .ifPresent(by -> streams.add(new Stream(source.key(), field, by)));
            }
        }
        return streams;
    }

    private static Optional<Map<String, String>> choose(
            PipelineSpec.Selection selection, Resource<DataSourceSpec> source, Field field) {
        return switch (selection) {
            case PipelineSpec.ByCategories(var wanted) ->
                    choose(wanted, source.spec().categoriesOf(field));
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
