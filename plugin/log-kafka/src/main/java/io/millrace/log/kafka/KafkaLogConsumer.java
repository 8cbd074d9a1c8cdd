package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member of a Kafka consumer group: static membership, cooperative hand-over. */
final class KafkaLogConsumer implements LogConsumer {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaLogConsumer.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);
    private static final Duration REJOIN_PATIENCE = Duration.ofSeconds(10);
    private static final Duration REJOIN_PIECE = Duration.ofMillis(20);

    /** Who takes what a poll gave in parts hears so often of members that come and go. */
    private static final long LONGEST_SILENCE_NANOS = Duration.ofMillis(500).toNanos();

    private final Consumer<byte[], byte[]> consumer;
    private final ConsumerSpec spec;
    private final CommitQueue commits;
    private final StartPositions starts;
    private final TimeSource time;
    private final HandOver handOver = new HandOver();
    private final Map<TopicPartition, LogPartition> partitions = new HashMap<>();
    private final Semaphore wakeups = new Semaphore(0);
    private final PolledRecords rest = new PolledRecords();
    private long heardAt;
    private Set<String> topics = Set.of();
    private boolean asksForMissingTopics;
    private boolean isClosed;
    private volatile boolean isPolling;

    /**
     * A consumer that has not asked for anything yet.
     *
     * @param removed hears of how many records of a topic retention removed unread
     */
    KafkaLogConsumer(
            Consumer<byte[], byte[]> consumer,
            ConsumerSpec spec,
            TimeSource time,
            ObjLongConsumer<String> removed) {
        this.consumer = consumer;
        this.spec = spec;
        this.commits = new CommitQueue(consumer, spec.group(), time);
        this.starts = new StartPositions(consumer, spec.startMillis(), removed);
        this.time = time;
    }

    static void requireValid(ConsumerSpec spec) {
        if (spec.group().isEmpty() || spec.maxRecords() < 1) {
            throw MillraceException.invalid("a consumer needs a group and takes >= 1 records");
        }
        // Kafka asks the same of the names of members as of those of topics.
        LogTopic.requireValid(spec.member());
    }

    @Override
    public void subscribe(Set<String> wanted) {
        requireOpen();
        wanted.forEach(LogTopic::requireValid);
        if (topics.isEmpty()) {
            asksForMissingTopics = true;
            handOver.wasAssigned = false;
        }
        topics = Set.copyOf(wanted);
        try {
            if (topics.isEmpty()) {
                commits.flushBeforeLeaving();
                rest.clear();
                consumer.unsubscribe();
            } else {
                consumer.subscribe(topics, handOver);
            }
        } catch (KafkaException e) {
            throw KafkaErrors.translate(prefix("cannot subscribe"), e);
        }
    }

    @Override
    public List<LogRecord> poll(Duration timeout) {
        return poll(timeout, Integer.MAX_VALUE);
    }

    @Override
    public List<LogRecord> poll(Duration timeout, int most) {
        requireOpen();
        if (topics.isEmpty()) {
            return pollNothing(timeout);
        }
        isPolling = true;
        try {
            commits.send();
            if (rest.isEmpty()) {
                rest.fill(convert(pollAndCommit(timeout)));
                heardAt = time.nanoTime();
            } else if (time.nanoTime() - heardAt >= LONGEST_SILENCE_NANOS && listen()) {
                return List.of();
            }
            handOver.givenUp.clear();
            askForMissingTopics();
            return rest.take(most);
        } catch (WakeupException _) {
            return List.of();
        } catch (KafkaException e) {
            throw KafkaErrors.translate(prefix("cannot read"), e);
        } finally {
            isPolling = false;
        }
    }

    /**
     * Takes part in what happens in the group, which may cost some of what is left.
     *
     * @return whether somebody wanted to end it
     */
    private boolean listen() {
        consumer.pause(consumer.assignment());
        try {
            return pollWithoutTaking();
        } finally {
            consumer.resume(consumer.assignment());
            heardAt = time.nanoTime();
        }
    }

    /** A commit that gathers must not wait for the end of a long poll that finds nothing. */
    private ConsumerRecords<byte[], byte[]> pollAndCommit(Duration timeout) {
        if (!commits.isGathering() || timeout.compareTo(CommitQueue.PAUSE) <= 0) {
            return pollSettled(timeout);
        }
        ConsumerRecords<byte[], byte[]> records = pollSettled(CommitQueue.PAUSE);
        if (!records.isEmpty()) {
            return records;
        }
        commits.send();
        return pollSettled(timeout.minus(CommitQueue.PAUSE));
    }

    private ConsumerRecords<byte[], byte[]> pollSettled(Duration timeout) {
        try {
            return consumer.poll(timeout);
        } catch (InvalidOffsetException missing) {
            starts.settle(missing);
        }
        try {
            return consumer.poll(timeout);
        } catch (InvalidOffsetException missing) {
            // More partitions came meanwhile. Another poll would exceed the caller's time.
            starts.settle(missing);
            return ConsumerRecords.empty();
        }
    }

    private List<LogRecord> pollNothing(Duration timeout) {
        try {
            if (wakeups.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                wakeups.drainPermits();
            }
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, prefix("was interrupted"), e);
        }
    }

    /**
     * A member that comes back under its name gets its old partitions without a new distribution,
     * so topics it did not read before are nobody's. When all of a topic is missing (another member
     * may have it), have the group distribute once more after joining.
     */
    private void askForMissingTopics() {
        if (!asksForMissingTopics || !handOver.wasAssigned) {
            return;
        }
        asksForMissingTopics = false;
        var missing = new HashSet<>(topics);
        for (TopicPartition partition : consumer.assignment()) {
            missing.remove(partition.topic());
        }
        if (!missing.isEmpty()) {
            consumer.enforceRebalance("topics that this member did not read before its return");
        }
    }

    private List<LogRecord> convert(ConsumerRecords<byte[], byte[]> polled) {
        if (polled.isEmpty()) {
            return List.of();
        }
        var records = new ArrayList<LogRecord>(polled.count());
        for (TopicPartition partition : polled.partitions()) {
            convert(partition, polled.records(partition), records);
        }
        return records;
    }

    private void convert(
            TopicPartition partition,
            List<ConsumerRecord<byte[], byte[]>> polled,
            List<LogRecord> records) {
        LogPartition place = partitions.get(partition);
        if (place == null) {
            place = new LogPartition(partition.topic(), partition.partition());
            partitions.put(partition, place);
        }
        boolean searching = starts.isSearching(partition);
        for (int i = 0; i < polled.size(); i++) {
            ConsumerRecord<byte[], byte[]> record = polled.get(i);
            if (searching) {
                if (starts.isTooEarly(partition, record.timestamp())) {
                    continue;
                }
                searching = false;
            }
            records.add(KafkaRecords.convert(place, record));
        }
    }

    @Override
    public void commit(Map<LogPartition, Long> next) {
        requireOpen();
        Set<TopicPartition> assigned = consumer.assignment();
        next.forEach((place, offset) -> {
            var partition = new TopicPartition(place.topic(), place.index());
            // One that was handed over is the new owner's: it may be further already.
            if (assigned.contains(partition)) {
                commits.add(partition, offset);
            }
        });
        try {
            commits.send();
        } catch (KafkaException e) {
            throw KafkaErrors.translate(prefix("cannot commit"), e);
        }
    }

    /**
     * The proof of membership that a transaction shows with this member's offsets.
     *
     * <p>While the group waits for members to come to a new distribution, the old one is still in
     * force. When the last of them has come, it is not, and this member hears of that at its next
     * {@link #poll}, or by {@link #rejoin}.
     */
    ConsumerGroupMetadata groupMetadata() {
        requireOpen();
        return consumer.groupMetadata();
    }

    /**
     * Takes part in a distribution of the group that this member has announced itself for, until it
     * knows its new generation. No record is taken meanwhile.
     *
     * @throws MillraceException {@code CONFLICT} when that takes too long
     */
    void rejoin() {
        requireOpen();
        int old = consumer.groupMetadata().generationId();
        long begun = time.nanoTime();
        boolean isWoken = false;
        consumer.pause(consumer.assignment());
        try {
            while (consumer.groupMetadata().generationId() <= old) {
                if (time.nanoTime() - begun > REJOIN_PATIENCE.toNanos()) {
                    throw new MillraceException(
                            ErrorCode.CONFLICT, prefix("is not heard by its group any more"));
                }
                isWoken |= pollWithoutTaking();
            }
        } catch (KafkaException e) {
            throw KafkaErrors.translate(prefix("cannot come back into it"), e);
        } finally {
            consumer.resume(consumer.assignment());
            if (isWoken) {
                consumer.wakeup();
            }
        }
    }

    /** Whether somebody wanted to end a poll, which this is none. */
    private boolean pollWithoutTaking() {
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(REJOIN_PIECE);
            for (TopicPartition partition : records.partitions()) {
                // One that has just been assigned is not paused.
                consumer.seek(partition, records.records(partition).getFirst().offset());
            }
        } catch (InvalidOffsetException missing) {
            starts.settle(missing);
        } catch (WakeupException _) {
            return true;
        }
        return false;
    }

    /**
     * Refuses offsets of partitions that are another member's, or were since the last poll: what
     * that gave of them is out of date.
     *
     * @throws MillraceException {@code CONFLICT}
     */
    void requireOwned(Set<LogPartition> places) {
        requireOpen();
        Set<TopicPartition> assigned = consumer.assignment();
        for (LogPartition place : places) {
            var partition = new TopicPartition(place.topic(), place.index());
            if (!assigned.contains(partition) || handOver.givenUp.contains(partition)) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        prefix("does not have " + place + " any more: it was handed over"));
            }
        }
    }

    @Override
    public Set<LogPartition> handedOver() {
        if (handOver.unreported.isEmpty()) {
            return Set.of();
        }
        Set<LogPartition> places = Set.copyOf(handOver.unreported);
        handOver.unreported.clear();
        return places;
    }

    @Override
    public long lag() {
        requireOpen();
        long lag = 0;
        for (TopicPartition partition : consumer.assignment()) {
            OptionalLong behind = consumer.currentLag(partition);
            lag += behind.orElse(0);
        }
        return lag + rest.size();
    }

    /** Leaves the group for good: static members would else keep their partitions for a while. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        commits.flushBeforeLeaving();
        try {
            consumer.close(
                    CloseOptions.timeout(CLOSE_PATIENCE)
                            .withGroupMembershipOperation(
                                    CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        } catch (FencedInstanceIdException e) {
            LOG.debug("Another member has taken over already", e);
        } catch (KafkaException e) {
            LOG.warn("A member of group {} was not closed cleanly", spec.group(), e);
        }
    }

    @Override
    public void wakeup() {
        wakeups.release();
        if (isPolling) {
            consumer.wakeup();
        }
    }

    private void requireOpen() {
        if (isClosed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, prefix("is closed"));
        }
    }

    private String prefix(String what) {
        return "member \"%s\" of group \"%s\" %s".formatted(spec.member(), spec.group(), what);
    }

    /** Called by Kafka inside poll, on the thread of the caller. */
    private final class HandOver implements ConsumerRebalanceListener {

        private final Set<TopicPartition> givenUp = new HashSet<>();
        private final Set<LogPartition> unreported = new HashSet<>();
        private boolean wasAssigned;

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            wasAssigned = true;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            commits.flush(revoked);
            starts.forget(revoked);
            rest.forget(revoked);
            giveUp(revoked);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            commits.forget(lost);
            starts.forget(lost);
            rest.forget(lost);
            giveUp(lost);
        }

        private void giveUp(Collection<TopicPartition> gone) {
            givenUp.addAll(gone);
            for (TopicPartition partition : gone) {
                unreported.add(new LogPartition(partition.topic(), partition.partition()));
            }
        }
    }
}
