package io.millrace.app;

import io.millrace.api.TimeSource;
import io.millrace.connector.mqtt.MqttConnector;
import io.millrace.embedded.mqtt.EmbeddedMqttBroker;
import io.millrace.log.kafka.KafkaClusters;
import io.millrace.objects.BucketSourceConnector;
import io.millrace.objects.sink.BucketSinkConnector;
import io.millrace.spi.EventLog;
import io.millrace.spi.Meters;
import io.millrace.spi.Secrets;
import io.millrace.spi.SinkConnector;
import io.millrace.spi.SourceConnector;
import io.millrace.spi.StreamLog;
import io.millrace.stream.ClusterSinkConnector;
import io.millrace.stream.ClusterSourceConnector;
import io.millrace.stream.LogTopicsConnector;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * All ways in and out: what a new connector is added to.
 *
 * @param sources asked in order for each data source
 * @param sinks asked in order for each output; those to the log itself are the runtime's own
 * @param buckets among the sources: it is also told what happens in the embedded object store
 */
record Connectors(
        List<SourceConnector> sources, List<SinkConnector> sinks, BucketSourceConnector buckets) {

    /** Makes them and leaves their ends to the lifecycle. */
    static Connectors open(
            Lifecycle lifecycle,
            EmbeddedMqttBroker mqtt,
            StreamLog log,
            ServerObjectStores stores,
            Path bucketFolder,
            Secrets secrets,
            Meters meters,
            EventLog events,
            TimeSource time,
            String nodeId) {
        var clusters = lifecycle.add("clusters", new KafkaClusters(secrets, time, meters));
        var kafka =
                lifecycle.add(
                        "kafka sources",
                        new ClusterSourceConnector(log, clusters, secrets, meters, time, nodeId));
        var brokers =
                lifecycle.add(
                        "connections to MQTT brokers",
                        new MqttConnector(
                                log,
                                secrets,
                                meters,
                                time,
                                nodeId,
                                () -> ThreadLocalRandom.current().nextDouble()));
        var buckets =
                lifecycle.add(
                        "bucket sources",
                        new BucketSourceConnector(
                                log,
                                clusters,
                                stores,
                                stores.others(),
                                secrets,
                                meters,
                                events,
                                time,
                                nodeId,
                                bucketFolder));
        return new Connectors(
                List.of(mqtt, brokers, kafka, buckets, new LogTopicsConnector()),
                List.of(
                        mqtt,
                        brokers,
                        new ClusterSinkConnector(clusters),
                        new BucketSinkConnector(stores, buckets, time, meters)),
                buckets);
    }
}
