package io.millrace.log.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.junit.jupiter.api.Test;

/** What the real broker cannot be made to do: see the conformance kit for all else. */
class KafkaLogConsumerTest {

    private static final TopicPartition PARTITION = new TopicPartition("t", 0);

    /** In the middle of a hand-over that cannot be ended: each commit is refused. */
    private static final class Stuck extends MockConsumer<byte[], byte[]> {

        Stuck() {
            super("none");
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            // It stays on its way.
        }

        @Override
        public synchronized void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
            setPollException(new KafkaException("interrupted, as the test wants it"));
            throw new RebalanceInProgressException();
        }
    }

    @Test
    void leavesItsGroupWhateverBecomesOfItsLastCommit() {
        var kafka = new Stuck();
        var member =
                new KafkaLogConsumer(
                        kafka,
                        new ConsumerSpec("group", "m", 0, 10),
                        TimeSource.system(),
                        (_, _) -> {});
        member.subscribe(Set.of("t"));
        kafka.rebalance(List.of(PARTITION));
        kafka.updateBeginningOffsets(Map.of(PARTITION, 0L));
        kafka.seek(PARTITION, 0);
        member.poll(Duration.ZERO);
        member.commit(Map.of(new LogPartition("t", 0), 5L));
        member.close();
        assertThat(kafka.closed()).isTrue();
    }
}
