package io.millrace.embedded.kafka;

import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.common.KRaftVersion;

/**
 * Tells partitions without a leader from partitions that do not exist, which Kafka 4.3 and 4.4 do
 * not: there both have no endpoint. The transaction coordinator takes that for "deleted, nobody
 * needs the marker". A broker that starts again after a crash is fenced for a moment, so that none
 * of its partitions has a leader; a transaction whose outcome is decided and whose markers are sent
 * in that moment is taken for complete and stays open in its partitions for ever. Consumers of its
 * input and of its output then wait for it for ever.
 */
final class LeaderlessAwareCache extends KRaftMetadataCache {

    LeaderlessAwareCache(int brokerId, Supplier<KRaftVersion> version) {
        super(brokerId, version);
    }

    @Override
    public Optional<Node> getPartitionLeaderEndpoint(
            String topic, int partition, ListenerName listener) {
        Optional<Node> leader = super.getPartitionLeaderEndpoint(topic, partition, listener);
        return leader.isEmpty() && exists(topic, partition) ? Optional.of(Node.noNode()) : leader;
    }

    private boolean exists(String topic, int partition) {
        TopicImage image = currentImage().topics().getTopic(topic);
        return image != null && image.partitions().containsKey(partition);
    }
}
