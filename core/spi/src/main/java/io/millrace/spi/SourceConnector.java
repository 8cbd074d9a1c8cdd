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
     * already with the same binding does nothing. A far side that is away is not waited for: {@link
     * #state} tells of it, and the connector goes on trying.
     *
     * @throws io.millrace.api.MillraceException {@code CONFLICT} when a topic belongs to another
     *     data source of the project, {@code UNAVAILABLE} when the far side cannot be reached
     */
    void start(SourceBinding binding);

    /**
     * How it goes for a data source that was started.
     *
     * @param changed called from now on, on any thread, whenever there is something new to see
     *     here; the last one given counts
     */
    default SourceState state(ResourceKey source, Runnable changed) {
        return SourceState.LISTENING;
    }

    /** Stops taking data for a data source; nothing happens when it takes none. */
    void stop(ResourceKey source);
}
