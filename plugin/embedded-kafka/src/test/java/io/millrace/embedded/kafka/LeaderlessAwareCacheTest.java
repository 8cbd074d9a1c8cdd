package io.millrace.embedded.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.DirectoryId;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.metadata.KRaftMetadataCache;
import org.apache.kafka.server.common.KRaftVersion;
import org.junit.jupiter.api.Test;

class LeaderlessAwareCacheTest {

    private static final ListenerName LISTENER = new ListenerName("CLIENTS");
    private static final int NOBODY = -1;

    @Test
    void aPartitionWithoutALeaderIsNotTakenForDeleted() {
        var cache = new LeaderlessAwareCache(1, () -> KRaftVersion.KRAFT_VERSION_0);
        cache.setImage(imageOfALeaderlessPartition());

        assertThat(cache.getPartitionLeaderEndpoint("orders", 0, LISTENER)).contains(Node.noNode());
        assertThat(cache.getPartitionLeaderEndpoint("orders", 1, LISTENER)).isEmpty();
        assertThat(cache.getPartitionLeaderEndpoint("gone", 0, LISTENER)).isEmpty();
    }

    /** When this fails, Kafka has mended it, and {@link KafkaNode} can go. */
    @Test
    void kafkaItselfStillTakesItForDeleted() {
        var cache = new KRaftMetadataCache(1, () -> KRaftVersion.KRAFT_VERSION_0);
        cache.setImage(imageOfALeaderlessPartition());

        assertThat(cache.getPartitionLeaderEndpoint("orders", 0, LISTENER)).isEmpty();
    }

    private static MetadataImage imageOfALeaderlessPartition() {
        Uuid topic = Uuid.randomUuid();
        var delta = new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
        delta.replay(new TopicRecord().setName("orders").setTopicId(topic));
        delta.replay(
                new PartitionRecord()
                        .setTopicId(topic)
                        .setPartitionId(0)
                        .setReplicas(List.of(1))
                        .setIsr(List.of(1))
                        .setLeader(NOBODY)
                        .setDirectories(List.of(DirectoryId.UNASSIGNED)));
        return delta.apply(MetadataProvenance.EMPTY);
    }
}
