package io.millrace.connector.mqtt;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one connection's messages into the log. Hot path.
 *
 * <pre>
 *  client's thread ──accept──▶ waiting ──own thread──▶ log.append ····▶ appended (the log's thread)
 *                                           │                                │
 *                                        pending ◀──── drain, in order ◀─────┘──▶ PUBACK / PUBREC
 * </pre>
 *
 * <p>The client's thread is never blocked: it would miss the keep-alive. What waits is bounded by
 * the receive maximum (QoS 1 and 2; with MQTT 3.1.1 the broker sets it) and by a number of bytes.
 * Beyond it messages of QoS 0 are dropped and counted; those of QoS 1 and 2 are left to the broker:
 * when all before them are in the log the connection is made anew, and they come again.
 */
final class SourceLane implements Consumer<Incoming>, AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(SourceLane.class);
    private static final long MOST_WAITING_AT_QOS_0 = 64L << 20;
    private static final long MOST_WAITING = 128L << 20;
    private static final int MOST_PROPERTIES = 64;
    private static final int MOST_PROPERTY_BYTES = 16 << 10;
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private static final Header[] QOS_HEADERS = {
        Header.of("mqtt.qos", "0"), Header.of("mqtt.qos", "1"), Header.of("mqtt.qos", "2")
    };
    private static final Header RETAINED = Header.of("mqtt.retained", "true");

    private final StreamLog log;
    private final Supplier<TopicRoutes> routes;
    private final SourceMeters meters;
    private final TimeSource time;
    private final Consumer<MillraceException> broken;
    private final Thread thread;
    private final LinkedBlockingQueue<Incoming> waiting = new LinkedBlockingQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();

    /** How many wait that must not be lost. */
    private final AtomicInteger waitingToStay = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private boolean isClosed;

    /** As soon as a message that the broker will send again did not get in. */
    private volatile boolean hasFailed;

    /** As soon as a message that the broker will send again was not even kept. */
    private volatile boolean isFlooded;

    /** Of the lane's thread. */
    private boolean isFloodTold;

    /**
     * For one connection.
     *
     * @param routes asked for each message, since fields may change
     * @param broken called when the log did not take a message that must not be lost, or when too
     *     many came: the broker sends them again on a new connection only
     */
    SourceLane(
            String name,
            StreamLog log,
            Supplier<TopicRoutes> routes,
            SourceMeters meters,
            TimeSource time,
            Consumer<MillraceException> broken) {
        this.log = log;
        this.routes = routes;
        this.meters = meters;
        this.time = time;
        this.broken = broken;
        this.thread = Thread.ofVirtual().name(name + "-in").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    @Override
    public void accept(Incoming message) {
        meters.received.increment();
        if (message.qos() == 0 && waitingBytes.get() > MOST_WAITING_AT_QOS_0) {
            meters.overflow.increment();
            message.acknowledge().run();
            return;
        }
        if (message.qos() > 0 && (isFlooded || waitingBytes.get() > MOST_WAITING)) {
            isFlooded = true;
            return;
        }
        waitingBytes.addAndGet(message.cost());
        if (message.qos() > 0) {
            waitingToStay.incrementAndGet();
        }
        waiting.add(message);
    }

    /** Messages received and not acknowledged. */
    int inFlight() {
        lock.lock();
        try {
            return waiting.size() + pending.size();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (true) {
                Incoming message = waiting.take();
                take(message);
                waitingBytes.addAndGet(-message.cost());
                if (message.qos() > 0) {
                    waitingToStay.decrementAndGet();
                }
                // Not when all is taken: messages of QoS 0 may go on coming.
                if (isFlooded && waitingToStay.get() == 0) {
                    flooded();
                }
            }
        } catch (InterruptedException _) {
            // Closed: what waits comes again.
        }
    }

    /** What came before is in the log or on its way there. */
    private void flooded() {
        if (isFloodTold) {
            return;
        }
        isFloodTold = true;
        broken.accept(
                new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the broker sent more than %d MiB that the log did not have yet; it has to send the rest again"
                                .formatted(MOST_WAITING >> 20)));
    }

    private void take(Incoming message) {
        if (hasFailed && message.qos() > 0) {
            // The one that failed comes again, and this one must not be before it.
            return;
        }
        TopicRoutes.Route route = routes.get().find(message.topic());
        var item = new Pending(this, message);
        lock.lock();
        try {
            if (isClosed) {
                return;
            }
            pending.add(item);
        } finally {
            lock.unlock();
        }
        if (route == null) {
            // Of a subscription that the session has from before a field was taken away.
            meters.unrouted.increment();
            item.appended(null);
            return;
        }
        try {
            log.append(record(message, route), item);
        } catch (RuntimeException e) {
            item.appended(e);
        }
    }

    private OutgoingRecord record(Incoming message, TopicRoutes.Route route) {
        Instant now = time.now();
        List<Header> properties = message.properties();
        var headers = new ArrayList<Header>(properties.size() + route.headers().size() + 5);
        addProperties(properties, headers);
        // Ours come last: the last one of a name counts.
        headers.addAll(route.headers());
        headers.add(QOS_HEADERS[message.qos()]);
        if (message.isRetained()) {
            headers.add(RETAINED);
        }
        if (message.responseTopic() != null) {
            headers.add(Header.of(HeaderNames.REPLY_TOPIC, message.responseTopic()));
        }
        byte[] correlation = message.correlation();
        if (correlation != null) {
            headers.add(new Header(HeaderNames.CORRELATION, correlation));
        }
        headers.add(new Header(HeaderNames.RECEIVED, nanos(now)));
        return new OutgoingRecord(
                route.logTopic(), route.key(), message.payload(), headers, now.toEpochMilli());
    }

    private void addProperties(List<Header> properties, List<Header> headers) {
        int bytes = 0;
        for (int i = 0; i < properties.size(); i++) {
            Header property = properties.get(i);
            if (property.name().isEmpty() || HeaderNames.isReserved(property.name())) {
                meters.forgedHeaders.increment();
                continue;
            }
            int size = property.name().length() + property.value().length;
            if (headers.size() == MOST_PROPERTIES || bytes + size > MOST_PROPERTY_BYTES) {
                meters.droppedProperties.increment();
                continue;
            }
            bytes += size;
            headers.add(property);
        }
    }

    private static byte[] nanos(Instant now) {
        return Long.toString(now.getEpochSecond() * 1_000_000_000L + now.getNano())
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private void drain() {
        MillraceException failure = null;
        lock.lock();
        try {
            for (Pending item = pending.peek();
                    item != null && item.isFinished && failure == null;
                    item = pending.peek()) {
                pending.remove();
                Exception why = item.failure;
                if (why == null || item.message.qos() == 0 || isTooLarge(why)) {
                    // Acknowledging QoS 0 only tells the client library that we are done with it,
                    // and what never fits would come again for ever and keep out all behind it.
                    item.message.acknowledge().run();
                } else if (!isClosed) {
                    failure = notTaken(why);
                    isClosed = true;
                    pending.clear();
                }
            }
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        if (failure != null) {
            broken.accept(failure);
        }
    }

    private static boolean isTooLarge(Exception why) {
        return why instanceof MillraceException known && known.code() == ErrorCode.TOO_LARGE;
    }

    private void dropped(Incoming message, Exception why) {
        meters.tooLarge.increment();
        logger.warn(
                "a message of {} bytes is dropped, since the log never takes it: {}",
                message.payload().length,
                why.getMessage());
    }

    private static MillraceException notTaken(Exception why) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "the log did not take a message, so the broker has to send it again: "
                        + (why.getMessage() == null ? why.toString() : why.getMessage()),
                why);
    }

    /** Waits a short time until what is under way is acknowledged, then acknowledges nothing. */
    @Override
    public void close() {
        thread.interrupt();
        lock.lock();
        try {
            long left = LAST_WORDS.toNanos();
            while (!pending.isEmpty() && !hasFailed && left > 0) {
                left = progress.awaitNanos(left);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            isClosed = true;
            pending.clear();
            lock.unlock();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** A message between its arrival and its place in the log. */
    private static final class Pending implements AppendListener {
        private final SourceLane lane;
        private final Incoming message;
        private volatile boolean isFinished;
        private volatile @Nullable Exception failure;

        Pending(SourceLane lane, Incoming message) {
            this.lane = lane;
            this.message = message;
        }

        @Override
        public void appended(@Nullable Exception why) {
            if (isFinished) {
                return;
            }
            failure = why;
            if (why != null) {
                if (isTooLarge(why)) {
                    lane.dropped(message, why);
                } else if (message.qos() == 0) {
                    lane.meters.logFailed.increment();
                } else {
                    lane.hasFailed = true;
                }
            }
            isFinished = true;
            lane.drain();
        }
    }
}
