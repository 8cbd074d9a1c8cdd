package io.millrace.spi;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.List;

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
     * @param topic the topic or {@link io.millrace.api.TopicPattern} at the sender's side
     * @param logTopic where its records go
     */
    public record Route(ResourceName field, String topic, String logTopic) {}
}
