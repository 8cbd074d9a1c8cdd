package io.millrace.stream;

import io.millrace.api.DataSourceSpec.ExternalKafka;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogClusters;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.Meters;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the topics of one data source. A batch is committed at the cluster after the log has
 * acknowledged all of it; whatever goes wrong before that makes it begin again with the last
 * commit.
 */
final class ClusterCopy implements AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(ClusterCopy.class);
    private static final int MAX_RECORDS = 2_000;
    private static final Duration POLL = Duration.ofMillis(500);

    /** After so long without a record the cluster is asked whether it is there. */
    private static final Duration SILENCE = Duration.ofSeconds(2);

    private static final Duration PIECE = Duration.ofMillis(20);
    private static final Duration GENTLE_END = Duration.ofSeconds(3);
    private static final Duration END_PATIENCE = Duration.ofSeconds(10);

    private final SourceBinding binding;
    private final ExternalKafka connection;
    private final LogClusters clusters;
    private final TimeSource time;
    private final ConsumerSpec spec;
    private final Map<String, Route> routes = new HashMap<>();
    private final Meters.Count received;
    private final Meters.Count forged;
    private final Meters.Count tooLarge;
    private final Meters.Count reconnects;
    private final Backoff waits = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));
    private final PendingAppends appends;
    private final Thread thread;
    private volatile Runnable changed = () -> {};
    private volatile SourceState state =
            new SourceState(false, "Connecting", "joining the consumer group");
    private volatile boolean isStopping;
    private volatile boolean isReconnecting;
    private volatile @Nullable LogConsumer reading;

    /** Where the records of a topic go, with the headers that all of them get. */
    private record Route(String logTopic, Header source, Header field, Header topic) {}

    ClusterCopy(
            SourceBinding binding,
            StreamLog log,
            LogClusters clusters,
            Meters meters,
            TimeSource time,
            Parking parking,
            String nodeId) {
        if (!(binding.connection() instanceof ExternalKafka kafka)) {
            throw MillraceException.internal(binding.source() + " is no Kafka source", null);
        }
        this.binding = binding;
        this.connection = kafka;
        this.appends = new PendingAppends(log::append, parking);
        this.clusters = clusters;
        this.time = time;
        ResourceKey key = binding.source();
        String source = key.project() + "/" + key.name();
        this.spec =
                new ConsumerSpec(
                        kafka.group().orElse("millrace." + key.project() + "." + key.name()),
                        nodeId + "-" + key.project() + "-" + key.name(),
                        0,
                        MAX_RECORDS);
        for (SourceBinding.Route route : binding.routes()) {
            routes.put(
                    route.topic(),
                    new Route(
                            route.logTopic(),
                            Header.of(HeaderNames.SOURCE, source),
                            Header.of(HeaderNames.FIELD, route.field().value()),
                            Header.of(HeaderNames.TOPIC, route.topic())));
        }
        String[] labels = {"project", key.project().value(), "source", key.name().value()};
        this.received =
                meters.count(
                        "millrace_source_received_total", "Records taken into the log", labels);
        this.forged =
                meters.count(
                        "millrace_source_forged_headers_total",
                        "Headers dropped because only Millrace sets them",
                        labels);
        this.tooLarge =
                meters.count(
                        "millrace_source_dropped_total",
                        "Messages that did not get into the log and do not come again",
                        labels[0],
                        labels[1],
                        labels[2],
                        labels[3],
                        "reason",
                        "too-large");
        this.reconnects =
                meters.count(
                        "millrace_source_reconnects_total",
                        "Connections made anew after a failure",
                        labels);
        meters.gauge(
                "millrace_source_connected",
                "Whether the connection stands",
                () -> state.isTaking() ? 1 : 0,
                labels);
        this.thread = Thread.ofPlatform().daemon().name("source " + source).unstarted(this::run);
    }

    SourceBinding binding() {
        return binding;
    }

    SourceState state() {
        return state;
    }

    void changed(Runnable next) {
        changed = next;
    }

    void start() {
        thread.start();
    }

    /** Makes the connection anew, for instance because the secret has changed. */
    void reconnect() {
        isReconnecting = true;
        wakeup();
    }

    /** Asks it to end. */
    void stop() {
        isStopping = true;
        wakeup();
    }

    private void wakeup() {
        LogConsumer consumer = reading;
        if (consumer != null) {
            consumer.wakeup();
        }
    }

    private void run() {
        while (!isStopping && !Thread.currentThread().isInterrupted()) {
            isReconnecting = false;
            try (StreamLog cluster =
                            clusters.open(binding.source().project(), connection.cluster());
                    LogConsumer consumer = cluster.consumer(spec)) {
                reading = consumer;
                cluster.ensureTopics(routes.keySet());
                consumer.subscribe(routes.keySet());
                copy(consumer, cluster);
            } catch (MillraceException e) {
                failed(reasonOf(e), e.text());
            } catch (RuntimeException | Error e) {
                // The supervisor of this thread: a source must not end silently.
                logger.error("{} failed", binding.source(), e);
                failed("BrokerAway", String.valueOf(e.getMessage()));
            } finally {
                reading = null;
            }
        }
    }

    private static String reasonOf(MillraceException e) {
        return switch (e.code()) {
            case NOT_FOUND -> "TopicMissing";
            case DENIED -> "NotAuthorized";
            default -> "BrokerAway";
        };
    }

    private void failed(String reason, String message) {
        if (isStopping) {
            return;
        }
        reconnects.increment();
        report(new SourceState(false, reason, message));
        Duration wait = waits.next();
        logger.warn("{}: {}; again in {} ms", binding.source(), message, wait.toMillis());
        long end = time.nanoTime() + wait.toNanos();
        while (!isStopping && !isReconnecting && end - time.nanoTime() > 0) {
            time.pause(PIECE);
        }
    }

    private void report(SourceState next) {
        if (!next.equals(state)) {
            state = next;
            changed.run();
        }
    }

    /** A consumer waits for a cluster that is away as it waits for records: so somebody asks. */
    private void copy(LogConsumer consumer, StreamLog cluster) {
        long heard = time.nanoTime();
        while (!isStopping && !isReconnecting) {
            List<LogRecord> records = consumer.poll(POLL);
            if (!records.isEmpty()) {
                copy(records, consumer);
                heard = time.nanoTime();
            } else if (time.nanoTime() - heard >= SILENCE.toNanos()) {
                cluster.ensureTopics(routes.keySet());
                heard = time.nanoTime();
            }
            report(SourceState.LISTENING);
        }
    }

    /**
     * Copies a batch and commits it. Where a record of a partition could not be kept the commit
     * ends, so that the next reading begins with that one and gets on in any case. One that the log
     * never takes is passed over: it would keep out all behind it for ever.
     */
    private void copy(List<LogRecord> records, LogConsumer consumer) {
        appends.start(records.size());
        Header receivedAt = receivedNow();
        for (int i = 0; i < records.size(); i++) {
            appends.append(i, outgoing(records.get(i), receivedAt));
        }
        appends.await();
        var next = new HashMap<LogPartition, Long>();
        var broken = new HashSet<LogPartition>();
        int kept = 0;
        MillraceException first = null;
        for (int i = 0; i < records.size(); i++) {
            LogRecord record = records.get(i);
            MillraceException failure = appends.failure(i);
            if (failure != null && failure.code() == ErrorCode.TOO_LARGE) {
                if (!broken.contains(record.partition())) {
                    passedOver(record, failure);
                    next.put(record.partition(), record.offset() + 1);
                }
                continue;
            }
            if (failure != null && broken.add(record.partition()) && first == null) {
                first = cannotKeep(record, failure);
            }
            if (!broken.contains(record.partition())) {
                next.put(record.partition(), record.offset() + 1);
                kept++;
            }
        }
        received.add(kept);
        if (!next.isEmpty()) {
            consumer.commit(next);
            waits.reset();
        }
        if (first != null) {
            throw first;
        }
    }

    /** Its position says where it can still be found. */
    private void passedOver(LogRecord record, MillraceException failure) {
        tooLarge.increment();
        logger.warn(
                "{}: the record {}/{} of {} bytes is passed over, since the log never takes it: {}",
                binding.source(),
                record.partition(),
                record.offset(),
                record.value().length,
                failure.text());
    }

    private Header receivedNow() {
        Instant now = time.now();
        return Header.of(
                HeaderNames.RECEIVED,
                Long.toString(now.getEpochSecond() * 1_000_000_000L + now.getNano()));
    }

    private static MillraceException cannotKeep(LogRecord record, MillraceException failure) {
        return new MillraceException(
                failure.code(),
                "the record %s/%d cannot be kept: %s"
                        .formatted(record.partition(), record.offset(), failure.text()),
                failure);
    }

    private OutgoingRecord outgoing(LogRecord record, Header receivedAt) {
        Route route = routes.get(record.partition().topic());
        if (route == null) {
            throw MillraceException.internal(record.partition() + " was not subscribed to", null);
        }
        var headers = new ArrayList<Header>(record.headers().size() + 4);
        for (int i = 0; i < record.headers().size(); i++) {
            Header header = record.headers().get(i);
            if (HeaderNames.isReserved(header.name())) {
                forged.increment();
            } else {
                headers.add(header);
            }
        }
        headers.add(route.source());
        headers.add(route.field());
        headers.add(route.topic());
        headers.add(receivedAt);
        // Old programs write records without a time, which the log does not take.
        long millis = record.timestampMillis() < 0 ? time.epochMillis() : record.timestampMillis();
        return new OutgoingRecord(route.logTopic(), record.key(), record.value(), headers, millis);
    }

    /** Ends it; what is under way is finished and committed first, within a bounded time. */
    @Override
    public void close() {
        stop();
        try {
            if (thread.join(GENTLE_END)) {
                return;
            }
            // It waits for a cluster that does not answer.
            thread.interrupt();
            if (!thread.join(END_PATIENCE)) {
                logger.error("{} does not end", binding.source());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
