package io.millrace.log.kafka;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.Meters;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The stream log on a Kafka cluster or the embedded broker. May be opened before the broker is up.
 *
 * <p>Listeners of appends are called on the producer's network thread; one that is refused at once,
 * such as a record too large, is told on the caller's thread before {@link #append} returns.
 *
 * <p>{@link #append} is the hot path: what it makes per record is what Kafka's client asks for (its
 * record, its headers, its callback) and nothing else.
 */
public final class KafkaStreamLog implements StreamLog {

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private static final ListTransactionsOptions ONGOING =
            new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));

    private final ClientSettings settings;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Admin admin;
    private final KafkaTopics topics;
    private final TimeSource time;
    private final ObjLongConsumer<String> removed;
    private final AtomicBoolean closed = new AtomicBoolean();

    private KafkaStreamLog(
            ClientSettings settings,
            KafkaProducer<byte[], byte[]> producer,
            Admin admin,
            KafkaTopics topics,
            TimeSource time,
            ObjLongConsumer<String> removed) {
        this.settings = settings;
        this.producer = producer;
        this.admin = admin;
        this.topics = topics;
        this.time = time;
        this.removed = removed;
    }

    /**
     * Makes the clients; they connect in the background.
     *
     * @throws MillraceException {@code INVALID} when Kafka's clients refuse the configuration
     */
    public static KafkaStreamLog open(KafkaLogConfig config, TimeSource time) {
        return open(config, time, (_, _) -> {});
    }

    /**
     * The same, and counts records that nobody has read and nobody can read any more.
     *
     * @param meters where numbers go
     */
    public static KafkaStreamLog open(KafkaLogConfig config, TimeSource time, Meters meters) {
        return open(config, time, counting(meters));
    }

    /** Counts by topic. */
    static ObjLongConsumer<String> counting(Meters meters) {
        return (topic, records) ->
                meters.count(
                                "millrace_log_unread_removed_total",
                                "Records that retention removed before a pipeline read" + " them",
                                "topic",
                                topic)
                        .add(records);
    }

    /**
     * The same, with another ear.
     *
     * @param removed hears of how many records of a topic retention removed unread
     */
    static KafkaStreamLog open(
            KafkaLogConfig config, TimeSource time, ObjLongConsumer<String> removed) {
        var settings = new ClientSettings(config);
        try {
            var producer =
                    new KafkaProducer<>(
                            settings.producer(),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
            try {
                Admin admin = Admin.create(settings.admin());
                return new KafkaStreamLog(
                        settings,
                        producer,
                        admin,
                        new KafkaTopics(admin, config, settings, time),
                        time,
                        removed);
            } catch (KafkaException e) {
                producer.close(Duration.ZERO);
                throw e;
            }
        } catch (KafkaException e) {
            throw invalidConfig(e);
        }
    }

    private static MillraceException invalidConfig(KafkaException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new MillraceException(
                ErrorCode.INVALID,
                "the configuration of the Kafka client is refused: " + cause.getMessage(),
                e);
    }

    @Override
    public void ensureTopics(Collection<String> names) {
        requireOpen();
        topics.ensure(names);
        try {
            // The first append of each shall not wait for the producer to look the topic up.
            names.forEach(producer::partitionsFor);
        } catch (KafkaException | IllegalStateException e) {
            requireOpen();
            throw KafkaErrors.translate("the topics " + names + " cannot be written", e);
        }
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        requireOpen();
        send(producer, record, listener);
    }

    /** Hands a record to a producer; the listener hears of its end exactly once. */
    static void send(
            Producer<byte[], byte[]> producer, OutgoingRecord record, AppendListener listener) {
        var outgoing =
                new ProducerRecord<byte[], byte[]>(
                        record.topic(),
                        null,
                        record.timestampMillis(),
                        record.key(),
                        record.value());
        List<Header> headers = record.headers();
        for (int i = 0; i < headers.size(); i++) {
            Header header = headers.get(i);
            outgoing.headers().add(new RecordHeader(header.name(), header.value()));
        }
        try {
            var _ = producer.send(outgoing, new Completion(record.topic(), listener));
        } catch (IllegalStateException e) {
            throw closedWhileInUse(e);
        } catch (KafkaException e) {
            // Kafka calls back only for records it took.
            listener.appended(cannotAppend(record.topic(), e));
        }
    }

    private static MillraceException cannotAppend(String topic, Exception failure) {
        return KafkaErrors.translate("a record for \"" + topic + "\" may be lost", failure);
    }

    private static final class Completion implements Callback {

        private final String topic;
        private final AppendListener listener;

        Completion(String topic, AppendListener listener) {
            this.topic = topic;
            this.listener = listener;
        }

        @Override
        public void onCompletion(@Nullable RecordMetadata place, @Nullable Exception failure) {
            listener.appended(failure == null ? null : cannotAppend(topic, failure));
        }
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        requireOpen();
        KafkaLogConsumer.requireValid(spec);
        try {
            return new KafkaLogConsumer(
                    new KafkaConsumer<>(
                            settings.consumer(spec),
                            new ByteArrayDeserializer(),
                            new ByteArrayDeserializer()),
                    spec,
                    time,
                    removed);
        } catch (KafkaException e) {
            throw invalidConfig(e);
        }
    }

    @Override
    public LogTransactor transactor(String name) {
        requireOpen();
        KafkaProducer<byte[], byte[]> writer;
        try {
            writer =
                    new KafkaProducer<>(
                            settings.transactor(name),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
        } catch (KafkaException e) {
            throw invalidConfig(e);
        }
        return KafkaTransactor.open(name, writer);
    }

    @Override
    public void endTransactions(Collection<String> names) {
        requireOpen();
        try {
            var open = new HashSet<String>();
            for (TransactionListing each : admin.listTransactions(ONGOING).all().get()) {
                if (names.contains(each.transactionalId())) {
                    open.add(each.transactionalId());
                }
            }
            // Fencing an unknown name would make it known.
            if (!open.isEmpty()) {
                admin.fenceProducers(open).all().get();
            }
        } catch (ExecutionException e) {
            throw KafkaErrors.translate("transactions that were left open cannot be ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while transactions were ended", e);
        }
    }

    @Override
    public LogReader reader(int maxRecords) {
        requireOpen();
        if (maxRecords < 1) {
            throw MillraceException.invalid("a reader takes >= 1 records");
        }
        try {
            return new KafkaLogReader(
                    new KafkaConsumer<>(
                            settings.reader(maxRecords),
                            new ByteArrayDeserializer(),
                            new ByteArrayDeserializer()),
                    admin,
                    time);
        } catch (KafkaException e) {
            throw invalidConfig(e);
        }
    }

    @Override
    public void keepPlace(String group, String topic) {
        requireOpen();
        new ReaderPlaces(admin).keep(group, topic);
    }

    @Override
    public void removeGroup(String group) {
        requireOpen();
        try {
            admin.deleteConsumerGroups(List.of(group)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw KafkaErrors.translate(
                        "the consumer group \"" + group + "\" cannot be removed", e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE, "interrupted while a group was removed", e);
        }
    }

    /** Waits up to five seconds for the records under way; the rest is told that it failed. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try (admin) {
            producer.close(CLOSE_PATIENCE);
        } catch (KafkaException e) {
            throw KafkaErrors.translate("the log was not closed cleanly", e);
        }
    }

    private void requireOpen() {
        if (closed.get()) {
            throw closedWhileInUse(null);
        }
    }

    private static MillraceException closedWhileInUse(@Nullable Exception cause) {
        return new MillraceException(ErrorCode.UNAVAILABLE, "the log is closed", cause);
    }
}
