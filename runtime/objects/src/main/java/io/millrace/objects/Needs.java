package io.millrace.objects;

import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.LogClusters;
import io.millrace.spi.Meters;
import io.millrace.spi.ObjectNotifications;
import io.millrace.spi.ObjectStores;
import io.millrace.spi.Secrets;
import io.millrace.spi.StreamLog;
import java.nio.file.Path;

/**
 * What all bucket data sources share.
 *
 * @param log where events go
 * @param clusters other logs, from which some come
 * @param stores where objects are
 * @param notifications how stores are set up
 * @param secrets of senders; the stores have their own
 * @param meters where numbers go
 * @param events where it is noted what happens
 * @param time the clock
 * @param nodeId of this process, as in the stream runtime
 * @param folder of what looks at buckets have seen
 */
record Needs(
        StreamLog log,
        LogClusters clusters,
        ObjectStores stores,
        ObjectNotifications notifications,
        Secrets secrets,
        Meters meters,
        EventLog events,
        TimeSource time,
        String nodeId,
        Path folder) {}
