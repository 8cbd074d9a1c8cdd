package io.millrace.embedded.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** Asks a broker that has just started for all that its clients will need. */
final class Readiness {

    private static final String GROUP = "millrace.readiness";

    private final String servers;
    private final Duration timeout;

    Readiness(String servers, Duration timeout) {
        this.servers = servers;
        this.timeout = timeout;
    }

    void await() {
        try (Admin admin = Admin.create(settings())) {
            awaitPartitions(admin);
            awaitGroups(admin);
        } catch (ExecutionException | TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.TIMEOUT,
                    "the embedded Kafka on %s was not ready after %s: %s"
                            .formatted(servers, timeout, e),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while waiting for the embedded Kafka", e);
        }
    }

    /** The metadata names leaders before they have opened their partitions: ask them. */
    private void awaitPartitions(Admin admin)
            throws ExecutionException, InterruptedException, TimeoutException {
        var topics = get(admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        var ends = new HashMap<TopicPartition, OffsetSpec>();
        for (TopicDescription topic : get(admin.describeTopics(topics).allTopicNames()).values()) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                ends.put(
                        new TopicPartition(topic.name(), partition.partition()),
                        OffsetSpec.latest());
            }
        }
        var _ = get(admin.listOffsets(ends).all());
    }

    private void awaitGroups(Admin admin)
            throws ExecutionException, InterruptedException, TimeoutException {
        var _ = get(admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata());
    }

    private <T> T get(KafkaFuture<T> answer)
            throws ExecutionException, InterruptedException, TimeoutException {
        return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Map<String, Object> settings() {
        int millis = Math.toIntExact(timeout.toMillis());
        return Map.of(
                "bootstrap.servers",
                servers,
                "client.id",
                GROUP,
                "default.api.timeout.ms",
                millis,
                "request.timeout.ms",
                millis,
                "retry.backoff.ms",
                10,
                "retry.backoff.max.ms",
                100,
                "metric.reporters",
                "",
                "enable.metrics.push",
                false);
    }
}
