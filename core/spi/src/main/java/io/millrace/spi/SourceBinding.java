package io.millrace.spi;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.List;
import java.util.Optional;

/**
 * What a source connector has to do for one data source.
 *
 * @param source its key
 * @param connection how data comes in
 * @param routes which topics go where; the log topics exist
 */
public record SourceBinding(
        ResourceKey source, DataSourceSpec.Connection connection, List<Route> routes) {

    public SourceBinding {
        routes = List.copyOf(routes);
    }

    /**
     * One field.
     *
     * @param field its name
     * @param topic the topic, {@link io.millrace.api.TopicPattern} or bucket at the sender's side
     * @param logTopic where its records go
     * @param objects which objects of the bucket count; of bucket sources only
     */
    public record Route(
            ResourceName field, String topic, String logTopic, Optional<ObjectFilter> objects) {
        /** Of a field that is fed by a topic. */
        public Route(ResourceName field, String topic, String logTopic) {
            this(field, topic, logTopic, Optional.empty());
        }
    }
}
