package io.millrace.spi;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.ResourceKey;

/**
 * A plug-in that brings data into the log. Control calls it, never two at once for one key. It
 * acknowledges its senders only after the log has the record.
 */
public interface SourceConnector {

    /** Whether it serves such a connection. */
    boolean supports(DataSourceSpec.Connection connection);

    /**
     * Starts to take data, or goes over to a changed binding without losing any. Starting what runs
     * already with the same binding does nothing.
     *
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when a topic belongs to another
     *     data source of the project, {@code UNAVAILABLE} when the far side cannot be reached
     */
    void start(SourceBinding binding);

    /** Stops taking data for a data source; nothing happens when it takes none. */
    void stop(ResourceKey source);
}
