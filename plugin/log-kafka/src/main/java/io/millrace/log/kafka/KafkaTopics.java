package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogTopic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Makes topics and waits until each of their partitions can be written.
 *
 * <p>A leader in the metadata is not enough: the broker may not have opened the partition yet and
 * refuse the first batch of a producer while it takes the ones behind it. It never takes the first
 * then ("out of order sequence"), and those appends fail at their delivery time-out. So each
 * partition's leader is asked for its end.
 */
final class KafkaTopics {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

    private final Admin admin;
    private final KafkaLogConfig config;
    private final ClientSettings settings;
    private final TimeSource time;

    KafkaTopics(Admin admin, KafkaLogConfig config, ClientSettings settings, TimeSource time) {
        this.admin = admin;
        this.config = config;
        this.settings = settings;
        this.time = time;
    }

    void ensure(Collection<String> topics) {
        topics.forEach(LogTopic::requireValid);
        var wanted = new TreeSet<>(topics);
        var partitions = new HashMap<TopicPartition, OffsetSpec>();
        List<String> unready = lookUp(wanted, partitions);
        if (!unready.isEmpty() && !config.makesTopics()) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND,
                    "no topic %s with a leader for each partition at %s; make it there"
                            .formatted(String.join(", ", unready), config.bootstrapServers()));
        }
        if (!unready.isEmpty()) {
            create(unready);
            awaitLeaders(unready, partitions);
        }
        awaitEnds(partitions);
    }

    private void awaitLeaders(List<String> topics, Map<TopicPartition, OffsetSpec> partitions) {
        long deadline = time.nanoTime() + PATIENCE.toNanos();
        List<String> unready = lookUp(topics, partitions);
        while (!unready.isEmpty()) {
            if (time.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "topics were made, but Kafka gave them no leader in time: " + unready);
            }
            time.pause(BETWEEN_LOOKS);
            unready = lookUp(unready, partitions);
        }
    }

    /** Kafka's client asks again by itself while a leader does not answer for its partition. */
    private void awaitEnds(Map<TopicPartition, OffsetSpec> partitions) {
        try {
            var _ = admin.listOffsets(partitions).all().get();
        } catch (ExecutionException e) {
            throw KafkaErrors.translate("the topics cannot be written", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Those that do not exist or have a partition without leader; collects all the others. */
    private List<String> lookUp(
            Collection<String> topics, Map<TopicPartition, OffsetSpec> partitions) {
        var unready = new ArrayList<String>();
        for (var answer : admin.describeTopics(topics).topicNameValues().entrySet()) {
            String topic = answer.getKey();
            try {
                TopicDescription found = answer.getValue().get();
                if (hasLeaders(found)) {
                    found.partitions()
                            .forEach(each ->
                                    partitions.put(
                                            new TopicPartition(topic, each.partition()),
                                            OffsetSpec.latest()));
                } else {
                    unready.add(topic);
                }
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw KafkaErrors.translate(
                            "the topic \"" + topic + "\" cannot be looked up", e);
                }
                unready.add(topic);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
        return unready;
    }

    private static boolean hasLeaders(TopicDescription topic) {
        for (TopicPartitionInfo partition : topic.partitions()) {
            if (partition.leader() == null || partition.leader().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private void create(List<String> topics) {
        var wanted = new ArrayList<NewTopic>();
        for (String topic : topics) {
            wanted.add(
                    new NewTopic(
                                    topic,
                                    Optional.of(config.partitions()),
                                    Optional.of((short) config.replicationFactor()))
                            .configs(settings.topic()));
        }
        for (var answer : admin.createTopics(wanted).values().entrySet()) {
            String topic = answer.getKey();
            try {
                answer.getValue().get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw KafkaErrors.translate("the topic \"" + topic + "\" cannot be made", e);
                }
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static MillraceException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new MillraceException(
                ErrorCode.UNAVAILABLE, "interrupted while topics were made", e);
    }
}
