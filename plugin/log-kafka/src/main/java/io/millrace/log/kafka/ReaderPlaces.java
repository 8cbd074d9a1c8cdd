package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Commits the end of a topic for groups that have not read it yet. */
final class ReaderPlaces {

    private final Admin admin;

    ReaderPlaces(Admin admin) {
        this.admin = admin;
    }

    void keep(String group, String topic) {
        try {
            Set<TopicPartition> without = partitions(topic);
            without.removeAll(committed(group));
            if (without.isEmpty()) {
                return;
            }
            var ends = new HashMap<TopicPartition, OffsetAndMetadata>();
            var asked =
                    without.stream().collect(Collectors.toMap(p -> p, _ -> OffsetSpec.latest()));
            // What a transaction that is open now commits later is still to come for readers.
            admin.listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                    .all()
                    .get()
                    .forEach((partition, end) ->
                            ends.put(partition, new OffsetAndMetadata(end.offset())));
            admin.alterConsumerGroupOffsets(group, ends).all().get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof UnknownMemberIdException
                    || cause instanceof GroupNotEmptyException) {
                // Its readers are here already: they have places of their own.
                return;
            }
            if (cause instanceof UnknownTopicOrPartitionException) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND, "no topic \"" + topic + "\" in the log", e);
            }
            throw KafkaErrors.translate(
                    "the place of group \"%s\" in \"%s\" cannot be kept".formatted(group, topic),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while the place of a reader was kept", e);
        }
    }

    private Set<TopicPartition> partitions(String topic)
            throws ExecutionException, InterruptedException {
        Map<String, TopicDescription> found =
                admin.describeTopics(List.of(topic)).allTopicNames().get();
        var partitions = new HashSet<TopicPartition>();
        for (TopicDescription description : found.values()) {
            description
                    .partitions()
                    .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
        }
        return partitions;
    }

    private Set<TopicPartition> committed(String group)
            throws ExecutionException, InterruptedException {
        try {
            var committed = new HashSet<TopicPartition>();
            admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get()
                    .forEach((partition, offset) -> {
                        if (offset != null) {
                            committed.add(partition);
                        }
                    });
            return committed;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Set.of();
            }
            throw e;
        }
    }
}
