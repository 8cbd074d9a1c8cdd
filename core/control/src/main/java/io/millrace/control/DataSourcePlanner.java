package io.millrace.control;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Field;
import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.spi.LogTopic;
import io.millrace.spi.SourceBinding;
import io.millrace.store.StoreImage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Decides what is to be done for a data source. Pure. */
final class DataSourcePlanner {
    /** Who was first has a topic that two data sources want. */
    private static final Comparator<Resource<?>> SENIORITY =
            Comparator.<Resource<?>, Instant>comparing(r -> r.metadata().createdAt())
                    .thenComparing(Resource::key);

    private DataSourcePlanner() {}

    static DataSourcePlan plan(Resource<DataSourceSpec> source, StoreImage image) {
        Optional<String> conflict = conflict(source, image);
        if (conflict.isPresent()) {
            return new DataSourcePlan.Refuse("Conflict", conflict.get());
        }
        return new DataSourcePlan.Bind(
                binding(source), unknownCategory(source.spec(), image).orElse(""));
    }

    private static SourceBinding binding(Resource<DataSourceSpec> source) {
        ResourceKey key = source.key();
        var routes = new ArrayList<SourceBinding.Route>();
        for (Field field : source.spec().fields()) {
            routes.add(
                    new SourceBinding.Route(
                            field.name(), field.topic(), logTopic(source, field), field.objects()));
        }
        return new SourceBinding(key, source.spec().connection(), routes);
    }

    static String logTopic(Resource<DataSourceSpec> source, Field field) {
        ResourceKey key = source.key();
        return source.spec().connection() instanceof DataSourceSpec.LogTopics
                ? field.topic()
                : LogTopic.ofField(key.project(), key.name(), field.name());
    }

    private static Optional<String> unknownCategory(DataSourceSpec spec, StoreImage image) {
        for (Field field : spec.fields()) {
            // Sorted, so that the message stays the same when there are several problems.
            for (var entry : new TreeMap<>(spec.categoriesOf(field)).entrySet()) {
                Optional<String> problem =
                        CategoryCheck.problem(entry.getKey(), entry.getValue(), image);
                if (problem.isPresent()) {
                    return problem.map(text -> "field '" + field.name() + "': " + text);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> conflict(Resource<DataSourceSpec> source, StoreImage image) {
        if (source.spec().connection() instanceof DataSourceSpec.Bucket) {
            return Optional.empty(); // several fields may take objects of one bucket
        }
        Map<String, String> wanted = new HashMap<>();
        for (Field field : source.spec().fields()) {
            String other = wanted.put(field.topic(), field.name().value());
            if (other != null) {
                return Optional.of(
                        "fields '%s' and '%s' have the same topic '%s'"
                                .formatted(other, field.name(), field.topic()));
            }
        }
        if (!(source.spec().connection() instanceof DataSourceSpec.EmbeddedMqtt)) {
            return Optional.empty();
        }
        return olderSources(source, image).stream()
                .flatMap(older ->
                        older.spec().fields().stream()
                                .filter(field -> wanted.containsKey(field.topic()))
                                .map(field ->
                                        "topic '%s' belongs to data source '%s'"
                                                .formatted(field.topic(), older.key().name())))
                .findFirst();
    }

    private static List<Resource<DataSourceSpec>> olderSources(
            Resource<DataSourceSpec> source, StoreImage image) {
        ProjectId project = source.key().project();
        return image.all(Kind.DATA_SOURCE, project, DataSourceSpec.class).stream()
                .filter(other -> other.spec().connection() instanceof DataSourceSpec.EmbeddedMqtt)
                .filter(other -> SENIORITY.compare(other, source) < 0)
                .toList();
    }
}
