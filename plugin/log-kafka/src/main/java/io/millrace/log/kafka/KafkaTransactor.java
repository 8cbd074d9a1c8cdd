package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions of one name on a producer of its own. The broker keeps two writers apart twice: by
 * the name, of which only the youngest may write, and by the generation of the group whose offsets
 * are committed, so that a member that was put out of the group cannot commit under any name.
 *
 * <p>{@link #append} is the hot path, as that of {@link KafkaStreamLog}.
 */
final class KafkaTransactor implements LogTransactor {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaTransactor.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final String name;
    private final Producer<byte[], byte[]> producer;
    private boolean isOpen;
    private boolean isClosed;

    private KafkaTransactor(String name, Producer<byte[], byte[]> producer) {
        this.name = name;
        this.producer = producer;
    }

    /**
     * Takes over the name; waits until what another one has left under it is ended.
     *
     * @param producer with the name as its transactional id; closed here, also when this fails
     */
    static KafkaTransactor open(String name, Producer<byte[], byte[]> producer) {
        try {
            producer.initTransactions();
            return new KafkaTransactor(name, producer);
        } catch (KafkaException | IllegalStateException e) {
            producer.close(Duration.ZERO);
            throw translated("cannot take over", name, e);
        }
    }

    @Override
    public void begin() {
        requireUsable();
        if (isOpen) {
            throw MillraceException.internal(
                    "the transaction of \"" + name + "\" has begun already", null);
        }
        try {
            producer.beginTransaction();
            isOpen = true;
        } catch (KafkaException | IllegalStateException e) {
            throw translated("cannot begin", name, e);
        }
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        requireBegun();
        KafkaStreamLog.send(producer, record, listener);
    }

    @Override
    public boolean commit(LogConsumer consumer, Map<LogPartition, Long> next) {
        requireBegun();
        if (!(consumer instanceof KafkaLogConsumer member)) {
            abort();
            throw MillraceException.invalid(
                    "a transaction takes the offsets of a consumer of the same log, this is a "
                            + consumer.getClass().getName());
        }
        try {
            if (!next.isEmpty()) {
                member.requireOwned(next.keySet());
                producer.sendOffsetsToTransaction(offsets(next), member.groupMetadata());
            }
        } catch (MillraceException e) {
            abortAfter(e);
            throw e;
        } catch (KafkaException | IllegalStateException e) {
            MillraceException failure = translated("cannot take the offsets", name, e);
            abortAfter(failure);
            if (rootOf(e) instanceof CommitFailedException) {
                rejoin(member, next.keySet(), failure);
                return false;
            }
            throw failure;
        }
        end();
        return true;
    }

    /**
     * The group has a new generation and its member does not know it yet, which each member that
     * comes or goes costs the others. Where the partitions stay with this one nothing is lost.
     */
    private static void rejoin(
            KafkaLogConsumer member, Set<LogPartition> places, MillraceException failure) {
        if (failure.getSuppressed().length > 0) {
            throw failure; // the transaction could not be aborted
        }
        member.rejoin();
        member.requireOwned(places);
    }

    @Override
    public void commit() {
        requireBegun();
        end();
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(Map<LogPartition, Long> next) {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        next.forEach((place, offset) ->
                offsets.put(
                        new TopicPartition(place.topic(), place.index()),
                        new OffsetAndMetadata(offset)));
        return offsets;
    }

    /** After a time-out the same question may be asked once more; then nobody knows. */
    private void end() {
        try {
            try {
                producer.commitTransaction();
            } catch (TimeoutException e) {
                LOG.warn("The end of a transaction of {} takes long", name, e);
                producer.commitTransaction();
            }
            isOpen = false;
        } catch (TimeoutException e) {
            // Neither ended nor to be aborted by this one any more.
            isOpen = false;
            throw translated("does not hear whether it is committed", name, e);
        } catch (KafkaException | IllegalStateException e) {
            MillraceException failure = translated("cannot commit", name, e);
            abortAfter(failure);
            throw failure;
        }
    }

    /** One that was put out has nothing left to abort: the broker did it for its successor. */
    private void abortAfter(MillraceException reason) {
        try {
            abort();
        } catch (MillraceException e) {
            reason.addSuppressed(e);
        }
    }

    @Override
    public void abort() {
        requireBegun();
        isOpen = false;
        try {
            producer.abortTransaction();
        } catch (KafkaException | IllegalStateException e) {
            throw translated("cannot abort", name, e);
        }
    }

    /** Kafka's producer aborts what is open before it goes. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        isOpen = false;
        try {
            producer.close(CLOSE_PATIENCE);
        } catch (KafkaException e) {
            LOG.warn("The transactions of {} were not closed cleanly", name, e);
        }
    }

    private void requireUsable() {
        if (isClosed) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "the transactor \"" + name + "\" is closed");
        }
    }

    private void requireBegun() {
        requireUsable();
        if (!isOpen) {
            throw MillraceException.internal("no transaction of \"" + name + "\" has begun", null);
        }
    }

    private static MillraceException translated(String what, String name, RuntimeException e) {
        Throwable cause = rootOf(e);
        String sentence = "the transactor \"%s\" %s".formatted(name, what);
        if (cause instanceof IllegalStateException) {
            return new MillraceException(
                    ErrorCode.UNAVAILABLE, sentence + ": " + cause.getMessage(), e);
        }
        return KafkaErrors.translate(sentence, cause);
    }

    /** Once something has failed, Kafka says at every call only that; why is one level below. */
    private static Throwable rootOf(RuntimeException e) {
        @Nullable Throwable cause = e.getCause();
        boolean isPlain = e.getClass() == KafkaException.class;
        return isPlain && cause instanceof KafkaException ? cause : e;
    }
}
