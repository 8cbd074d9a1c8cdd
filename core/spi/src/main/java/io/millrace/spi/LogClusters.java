package io.millrace.spi;

import io.millrace.api.KafkaConnection;
import io.millrace.api.ProjectId;

/** Logs beside our own: other Kafka clusters. */
public interface LogClusters {

    /**
     * A log on another cluster, shared by all that ask for the same one; closing it gives it back.
     * Returns at once: it connects in the background. {@link StreamLog#ensureTopics} makes no
     * topics there, it only asks for them.
     *
     * @param project whose secrets the connection names
     * @throws io.millrace.api.MillraceException {@code INVALID} when the secret is missing or lacks
     *     a value, or the clients refuse the settings
     */
    StreamLog open(ProjectId project, KafkaConnection cluster);
}
