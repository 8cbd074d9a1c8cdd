package io.millrace.log.kafka;

import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits without waiting: one commit is on its way at a time and the next leaves some milliseconds
 * later at the earliest; what comes meanwhile gathers, so that only the newest offset of a
 * partition is sent. One that failed is sent again with the next poll unless a newer one took its
 * place.
 *
 * <p>Without the pause each small batch would cost the broker a commit, at a thousand records a
 * second as much work as the records themselves; with it a crash repeats what was done in the
 * pause.
 */
final class CommitQueue {

    private static final Logger LOG = LoggerFactory.getLogger(CommitQueue.class);

    static final Duration PAUSE = Duration.ofMillis(20);

    private static final Duration WAIT_FOR_HAND_OVER = Duration.ofMillis(50);
    private static final int ATTEMPTS_BEFORE_LEAVING = 40;

    private final Consumer<?, ?> consumer;
    private final String group;
    private final TimeSource time;
    private Map<TopicPartition, OffsetAndMetadata> newest = new HashMap<>();
    private Map<TopicPartition, OffsetAndMetadata> underWay = new HashMap<>();
    private boolean isUnderWay;
    private long nextSendNanos;

    CommitQueue(Consumer<?, ?> consumer, String group, TimeSource time) {
        this.consumer = consumer;
        this.group = group;
        this.time = time;
        this.nextSendNanos = time.nanoTime();
    }

    void add(TopicPartition partition, long next) {
        newest.put(partition, new OffsetAndMetadata(next));
    }

    /** Whether something gathers that can be sent after a pause. */
    boolean isGathering() {
        return !newest.isEmpty() && !isUnderWay;
    }

    /** Sends what has gathered, unless a commit is on its way or the last has just left. */
    void send() {
        if (!isGathering()) {
            return;
        }
        long now = time.nanoTime();
        if (now - nextSendNanos < 0) {
            return;
        }
        nextSendNanos = now + PAUSE.toNanos();
        underWay = newest;
        newest = new HashMap<>();
        isUnderWay = true;
        consumer.commitAsync(Map.copyOf(underWay), (_, failure) -> ended(failure));
    }

    private void ended(@Nullable Exception failure) {
        Map<TopicPartition, OffsetAndMetadata> ended = underWay;
        underWay = new HashMap<>();
        isUnderWay = false;
        if (failure instanceof RetriableException
                || failure instanceof RetriableCommitFailedException
                || failure instanceof RebalanceInProgressException) {
            ended.forEach(newest::putIfAbsent);
        } else if (failure != null) {
            LOG.warn("A commit of group {} failed; its records are read again", group, failure);
        }
    }

    /** Waits until the newest offsets of some partitions are durable, then forgets them. */
    void flush(Collection<TopicPartition> partitions) {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (TopicPartition partition : partitions) {
            // What is under way may fail yet. Kafka ends it before a commit that is waited for.
            OffsetAndMetadata offset = newest.get(partition);
            if (offset == null) {
                offset = underWay.get(partition);
            }
            if (offset != null) {
                offsets.put(partition, offset);
            }
        }
        forget(partitions);
        if (offsets.isEmpty()) {
            return;
        }
        try {
            commitAndWait(offsets);
        } catch (KafkaException e) {
            warnOfLast(e);
        }
    }

    /** Partitions that are given up: a failed commit of theirs must not be sent again. */
    void forget(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            newest.remove(partition);
            underWay.remove(partition);
        }
    }

    /** A wake-up is meant for a poll: a commit that it hits is repeated, and the poll gets it. */
    private void commitAndWait(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitSync(offsets);
        } catch (WakeupException _) {
            consumer.commitSync(offsets);
            consumer.wakeup();
        }
    }

    /**
     * The last commits before the member leaves. While partitions are being handed over Kafka
     * refuses commits, and only polling ends that; a member that holds the hand-over up for long
     * costs this one its last commits.
     */
    void flushBeforeLeaving() {
        boolean isRefused = false;
        for (int attempt = 0; attempt < ATTEMPTS_BEFORE_LEAVING && hasUnfinished(); attempt++) {
            try {
                if (isRefused) {
                    pollForHandOver();
                }
                var offsets = new HashMap<>(underWay);
                offsets.putAll(newest);
                commitAndWait(offsets);
                newest.clear();
                return;
            } catch (RebalanceInProgressException _) {
                isRefused = true;
            } catch (KafkaException e) {
                warnOfLast(e);
                return;
            }
        }
        if (hasUnfinished()) {
            warnOfLast(null);
        }
    }

    private boolean hasUnfinished() {
        return isUnderWay || !newest.isEmpty();
    }

    private void pollForHandOver() {
        try {
            consumer.pause(consumer.assignment());
            var _ = consumer.poll(WAIT_FOR_HAND_OVER);
        } catch (WakeupException | InvalidOffsetException e) {
            LOG.trace("Nothing is to be read before leaving", e);
        }
    }

    private void warnOfLast(@Nullable Exception failure) {
        LOG.warn("The last commit of group {} failed; its records are read again", group, failure);
    }
}
