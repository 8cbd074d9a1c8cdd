package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.OffsetRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads parts of Kafka's partitions without a group.
 *
 * <p>Offsets have gaps: markers of transactions, records of aborted ones, what retention removed.
 * So a part is at its end when the position has passed it, whatever the last record's offset was.
 */
final class KafkaLogReader implements LogReader {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaLogReader.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    /** Ends are those of committed transactions, so that each end can be reached at once. */
    private static final ListOffsetsOptions COMMITTED =
            new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);

    private final Consumer<byte[], byte[]> consumer;
    private final Admin admin;
    private final TimeSource time;
    private final Map<TopicPartition, Part> unread = new HashMap<>();
    private boolean isClosed;

    private record Part(LogPartition place, long to) {}

    KafkaLogReader(Consumer<byte[], byte[]> consumer, Admin admin, TimeSource time) {
        this.consumer = consumer;
        this.admin = admin;
        this.time = time;
    }

    @Override
    public Map<LogPartition, OffsetRange> ranges(Collection<String> topics) {
        requireOpen();
        Set<TopicPartition> partitions = partitionsOf(topics);
        Map<TopicPartition, ListOffsetsResultInfo> begins =
                offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, ListOffsetsResultInfo> ends = offsets(partitions, OffsetSpec.latest());
        var ranges = new HashMap<LogPartition, OffsetRange>();
        ends.forEach((partition, end) -> {
            ListOffsetsResultInfo begin = begins.get(partition);
            long from = begin == null ? end.offset() : begin.offset();
            // Retention may have passed the first answer meanwhile.
            ranges.put(
                    place(partition), new OffsetRange(Math.min(from, end.offset()), end.offset()));
        });
        return ranges;
    }

    @Override
    public Map<LogPartition, Long> offsetsAt(Collection<String> topics, long millis) {
        requireOpen();
        Set<TopicPartition> partitions = partitionsOf(topics);
        // The ends first: a record that comes between the two questions must not be passed over.
        Map<TopicPartition, ListOffsetsResultInfo> ends = offsets(partitions, OffsetSpec.latest());
        Map<TopicPartition, ListOffsetsResultInfo> found =
                offsets(partitions, OffsetSpec.forTimestamp(millis));
        var offsets = new HashMap<LogPartition, Long>();
        ends.forEach((partition, end) -> {
            ListOffsetsResultInfo first = found.get(partition);
            long offset = first == null || first.offset() < 0 ? end.offset() : first.offset();
            offsets.put(place(partition), offset);
        });
        return offsets;
    }

    @Override
    public Map<LogPartition, Long> committed(String group, Collection<String> topics) {
        requireOpen();
        var wanted = Set.copyOf(topics);
        ListConsumerGroupOffsetsResult asked = admin.listConsumerGroupOffsets(group);
        var offsets = new HashMap<LogPartition, Long>();
        try {
            Map<TopicPartition, OffsetAndMetadata> found =
                    await(asked.partitionsToOffsetAndMetadata());
            found.forEach((partition, offset) -> {
                // Kafka answers null for a partition that has none.
                if (offset != null && wanted.contains(partition.topic())) {
                    offsets.put(place(partition), offset.offset());
                }
            });
            return offsets;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Map.of();
            }
            throw KafkaErrors.translate(
                    "the positions of the group \"" + group + "\" cannot be read", e);
        }
    }

    private Set<TopicPartition> partitionsOf(Collection<String> topics) {
        var partitions = new HashSet<TopicPartition>();
        for (String topic : topics) {
            LogTopic.requireValid(topic);
        }
        for (var answer : admin.describeTopics(topics).topicNameValues().entrySet()) {
            String topic = answer.getKey();
            try {
                await(answer.getValue())
                        .partitions()
                        .forEach(each ->
                                partitions.add(new TopicPartition(topic, each.partition())));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw KafkaErrors.translate(
                            "the topic \"" + topic + "\" cannot be looked up", e);
                }
            }
        }
        return partitions;
    }

    private Map<TopicPartition, ListOffsetsResultInfo> offsets(
            Set<TopicPartition> partitions, OffsetSpec which) {
        if (partitions.isEmpty()) {
            return Map.of();
        }
        var asked = new HashMap<TopicPartition, OffsetSpec>();
        partitions.forEach(partition -> asked.put(partition, which));
        try {
            return await(admin.listOffsets(asked, COMMITTED).all());
        } catch (ExecutionException e) {
            throw KafkaErrors.translate("the offsets of " + partitions + " cannot be read", e);
        }
    }

    @Override
    public void seek(Map<LogPartition, OffsetRange> parts) {
        requireOpen();
        unread.clear();
        var starts = new HashMap<TopicPartition, Long>();
        parts.forEach((place, range) -> {
            if (range.length() > 0) {
                var partition = new TopicPartition(place.topic(), place.index());
                starts.put(partition, range.from());
                unread.put(partition, new Part(place, range.to()));
            }
        });
        try {
            consumer.assign(starts.keySet());
            // A partition that was left and is wanted again would stay paused.
            consumer.resume(starts.keySet());
            starts.forEach(consumer::seek);
        } catch (KafkaException e) {
            throw KafkaErrors.translate("the log cannot be read", e);
        }
    }

    @Override
    public List<LogRecord> poll(Duration timeout) {
        requireOpen();
        long deadline = time.nanoTime() + timeout.toNanos();
        try {
            while (!unread.isEmpty()) {
                long left = deadline - time.nanoTime();
                // Kafka comes back early and empty when all that it passed over was aborted.
                List<LogRecord> records = convert(pollWithin(Math.max(left, 0)));
                leaveWhatIsRead();
                if (!records.isEmpty() || left <= 0) {
                    return records;
                }
            }
            return List.of();
        } catch (KafkaException e) {
            throw KafkaErrors.translate("the log cannot be read", e);
        }
    }

    private ConsumerRecords<byte[], byte[]> pollWithin(long nanos) {
        try {
            return consumer.poll(Duration.ofNanos(nanos));
        } catch (OffsetOutOfRangeException gone) {
            goOnWithWhatIsLeft(gone);
            return ConsumerRecords.empty();
        }
    }

    /** Retention removed the beginning of a part, or the topic was made anew and is shorter. */
    private void goOnWithWhatIsLeft(OffsetOutOfRangeException gone) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(gone.partitions());
        gone.offsetOutOfRangePartitions()
                .forEach((partition, position) -> {
                    Part part = unread.get(partition);
                    long begin = begins.getOrDefault(partition, Long.MAX_VALUE);
                    if (part == null || begin <= position || begin >= part.to()) {
                        LOG.debug("Nothing is left of {} from {} on", partition, position);
                        leave(partition);
                    } else {
                        consumer.seek(partition, begin);
                    }
                });
    }

    private List<LogRecord> convert(ConsumerRecords<byte[], byte[]> polled) {
        if (polled.isEmpty()) {
            return List.of();
        }
        var records = new ArrayList<LogRecord>(polled.count());
        for (TopicPartition partition : polled.partitions()) {
            Part part = unread.get(partition);
            if (part != null) {
                for (ConsumerRecord<byte[], byte[]> record : polled.records(partition)) {
                    if (record.offset() < part.to()) {
                        records.add(KafkaRecords.convert(part.place(), record));
                    }
                }
            }
        }
        return records;
    }

    private void leaveWhatIsRead() {
        for (TopicPartition partition : List.copyOf(unread.keySet())) {
            Part part = unread.get(partition);
            if (part != null && consumer.position(partition) >= part.to()) {
                leave(partition);
            }
        }
    }

    /** A partition that is left is not fetched any more. */
    private void leave(TopicPartition partition) {
        unread.remove(partition);
        consumer.pause(Set.of(partition));
    }

    @Override
    public boolean isAtEnd() {
        requireOpen();
        return unread.isEmpty();
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            consumer.close(CloseOptions.timeout(CLOSE_PATIENCE));
        } catch (KafkaException e) {
            LOG.warn("A reader of the log was not closed cleanly", e);
        }
    }

    private static LogPartition place(TopicPartition partition) {
        return new LogPartition(partition.topic(), partition.partition());
    }

    private static <T> T await(KafkaFuture<T> answer) throws ExecutionException {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while the log was asked", e);
        }
    }

    private void requireOpen() {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the reader is closed");
        }
    }
}
