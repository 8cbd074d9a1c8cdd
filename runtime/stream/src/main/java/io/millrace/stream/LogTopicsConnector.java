package io.millrace.stream;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ResourceKey;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceConnector;

/**
 * Serves data sources whose senders write to topics of the log by themselves: once the topics are
 * there nothing is left to do.
 */
public final class LogTopicsConnector implements SourceConnector {

    @Override
    public boolean supports(DataSourceSpec.Connection connection) {
        return connection instanceof DataSourceSpec.LogTopics;
    }

    @Override
    public void start(SourceBinding binding) {}

    @Override
    public void stop(ResourceKey source) {}
}
