package io.millrace.log.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.testkit.TestingTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
    void givesWhatAPollGaveInPartsAndForgetsThoseThatWereHandedOver() {
        var other = new TopicPartition("t", 1);
        var kafka = new MockConsumer<byte[], byte[]>("none");
        var time = new TestingTime();
        try (var member =
                new KafkaLogConsumer(
                        kafka, new ConsumerSpec("group", "m", 0, 10), time, (_, _) -> {})) {
            member.subscribe(Set.of("t"));
            kafka.rebalance(List.of(PARTITION, other));
            kafka.updateBeginningOffsets(Map.of(PARTITION, 0L, other, 0L));
            kafka.seek(PARTITION, 0);
            kafka.seek(other, 0);
            for (int i = 0; i < 5; i++) {
                kafka.addRecord(new ConsumerRecord<>("t", 0, i, null, new byte[0]));
                kafka.addRecord(new ConsumerRecord<>("t", 1, i, null, new byte[0]));
            }

            var first = member.poll(Duration.ZERO, 3);
            assertThat(first).hasSize(3);
            assertThat(member.lag()).isEqualTo(7);
            TopicPartition begun = new TopicPartition("t", first.getFirst().partition().index());
            kafka.schedulePollTask(() -> kafka.rebalance(List.of(begun)));
            assertThat(member.poll(Duration.ZERO, 1)).hasSize(1);

            time.advance(Duration.ofSeconds(1));
            assertThat(member.poll(Duration.ZERO, 10))
                    .extracting(LogRecord::offset, record -> record.partition().index())
                    .containsExactly(tuple(4L, begun.partition()));
            assertThat(member.lag()).isZero();
            assertThat(kafka.paused()).doesNotContain(begun);
        }
    }

    @Test
    void whoTakesAPartMayThenTakeAllThatIsLeft() {
        var rest = new PolledRecords();
        var place = new LogPartition("t", 0);
        var polled = new ArrayList<LogRecord>();
        for (int i = 0; i < 5; i++) {
            polled.add(new LogRecord(place, i, null, new byte[0], List.of(), 1));
        }
        rest.fill(polled);
        assertThat(rest.take(2)).hasSize(2);
        assertThat(rest.take(Integer.MAX_VALUE)).isEqualTo(polled.subList(2, 5));
        assertThat(rest.isEmpty()).isTrue();
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
