package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogTopic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes topics and waits until each of their partitions has a leader. */
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
        List<String> unready = unready(new TreeSet<>(topics));
        if (unready.isEmpty()) {
            return;
        }
        create(unready);
        awaitLeaders(unready);
    }

    private void awaitLeaders(List<String> topics) {
        long deadline = time.nanoTime() + PATIENCE.toNanos();
        List<String> unready = unready(topics);
        while (!unready.isEmpty()) {
            if (time.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "topics were made, but Kafka gave them no leader in time: " + unready);
            }
            time.pause(BETWEEN_LOOKS);
            unready = unready(unready);
        }
    }

    /** Those that do not exist or have a partition without leader. */
    private List<String> unready(Collection<String> topics) {
        var unready = new ArrayList<String>();
        Map<String, KafkaFuture<TopicDescription>> answers =
                admin.describeTopics(topics).topicNameValues();
        for (String topic : topics) {
            try {
                if (!hasLeaders(answers.get(topic).get())) {
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
        Map<String, KafkaFuture<Void>> answers = admin.createTopics(wanted).values();
        for (String topic : topics) {
            try {
                answers.get(topic).get();
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
