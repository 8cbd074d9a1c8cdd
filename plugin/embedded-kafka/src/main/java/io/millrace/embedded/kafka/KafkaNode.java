package io.millrace.embedded.kafka;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import kafka.server.StandardFaultHandlerFactory;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.raft.QuorumConfig;
import org.apache.kafka.server.ServerSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * Kafka's controller and broker together, as its own {@code KafkaRaftServer} has them, but with a
 * {@link LeaderlessAwareCache}. It can be that class again when Kafka tells partitions without a
 * leader from deleted ones; {@code LeaderlessAwareCacheTest} notices.
 */
final class KafkaNode {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaNode.class);

    private final ControllerServer controller;
    private final BrokerServer broker;

    /** Reads the directories; starts nothing. */
    KafkaNode(KafkaConfig config) {
        Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> directories =
                KafkaRaftServer.initializeLogDirs(config, LOG, "");
        MetaPropertiesEnsemble properties = directories._1();
        Metrics metrics =
                Server.initializeMetrics(config, Time.SYSTEM, properties.clusterId().orElseThrow());
        QuorumConfig quorum = config.quorumConfig();
        List<String> bootstrap = quorum.bootstrapServers();
        var shared =
                new SharedServer(
                        config,
                        properties,
                        Time.SYSTEM,
                        metrics,
                        CompletableFuture.completedFuture(
                                QuorumConfig.parseVoterConnections(quorum.voters())),
                        QuorumConfig.parseBootstrapServers(bootstrap),
                        new StandardFaultHandlerFactory(),
                        ServerSocketFactory.INSTANCE);
        broker = new Broker(shared, config.brokerId());
        controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), directories._2());
    }

    void start() {
        controller.startup();
        broker.startup();
    }

    /** Stops it and waits until it has. */
    void stop() {
        broker.shutdown();
        controller.shutdown();
        broker.awaitShutdown();
        controller.awaitShutdown();
    }

    private static final class Broker extends BrokerServer {

        private final SharedServer shared;
        private final int id;

        Broker(SharedServer shared, int id) {
            super(shared);
            this.shared = shared;
            this.id = id;
        }

        /** Kafka calls it once in its start, before anything asks the cache. */
        @Override
        public void metadataCache_$eq(KRaftMetadataCache cache) {
            super.metadataCache_$eq(
                    new LeaderlessAwareCache(
                            id, () -> shared.raftManager().client().kraftVersion()));
        }
    }
}
