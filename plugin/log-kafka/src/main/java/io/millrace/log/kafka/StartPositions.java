package io.millrace.log.kafka;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a partition without usable offset starts: with its first record that is not earlier than
 * the start. While there is none, the partition stands at its end and skips what comes too early,
 * so that the position is the same whenever it is worked out again.
 */
final class StartPositions {

    private static final Logger LOG = LoggerFactory.getLogger(StartPositions.class);

    private final Consumer<?, ?> consumer;
    private final long startMillis;
    private final ObjLongConsumer<String> removed;
    private final Set<TopicPartition> searching = new HashSet<>();

    StartPositions(Consumer<?, ?> consumer, long startMillis, ObjLongConsumer<String> removed) {
        this.removed = removed;
        this.consumer = consumer;
        this.startMillis = startMillis;
    }

    /** Positions the partitions for which Kafka found no offset, or one that is gone. */
    void settle(InvalidOffsetException missing) {
        var partitions = new HashSet<>(missing.partitions());
        partitions.retainAll(consumer.assignment());
        if (missing instanceof OffsetOutOfRangeException gone) {
            settleGone(gone, partitions);
        }
        if (!partitions.isEmpty()) {
            settleNew(partitions);
        }
    }

    /** Records that retention removed unread are lost: say so, and go on with the oldest. */
    private void settleGone(OffsetOutOfRangeException gone, Set<TopicPartition> partitions) {
        Map<TopicPartition, Long> oldest = consumer.beginningOffsets(partitions);
        gone.offsetOutOfRangePartitions()
                .forEach((partition, position) -> {
                    long begin = oldest.getOrDefault(partition, -1L);
                    if (position < begin) {
                        LOG.warn(
                                "{} records of {} were removed by retention before they"
                                        + " were read",
                                begin - position,
                                partition);
                        removed.accept(partition.topic(), begin - position);
                        consumer.seek(partition, begin);
                        partitions.remove(partition);
                    } else {
                        LOG.warn(
                                "{} ends before offset {}: the topic was made anew or lost"
                                        + " its end; reading it from its start",
                                partition,
                                position);
                    }
                });
    }

    private void settleNew(Set<TopicPartition> partitions) {
        if (startMillis <= 0) {
            consumer.beginningOffsets(partitions).forEach(consumer::seek);
            return;
        }
        // The ends first: a record that comes between the two questions must not be passed over.
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        var wanted = new HashMap<TopicPartition, Long>();
        partitions.forEach(partition -> wanted.put(partition, startMillis));
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(wanted);
        for (TopicPartition partition : partitions) {
            OffsetAndTimestamp first = found.get(partition);
            if (first == null) {
                searching.add(partition);
                consumer.seek(partition, ends.getOrDefault(partition, 0L));
            } else {
                consumer.seek(partition, first.offset());
            }
        }
    }

    boolean isSearching(TopicPartition partition) {
        return !searching.isEmpty() && searching.contains(partition);
    }

    /** Whether a record of a searching partition is still too early; the first other ends it. */
    boolean isTooEarly(TopicPartition partition, long timestampMillis) {
        if (timestampMillis < startMillis) {
            return true;
        }
        searching.remove(partition);
        return false;
    }

    void forget(Collection<TopicPartition> partitions) {
        searching.removeAll(partitions);
    }
}
