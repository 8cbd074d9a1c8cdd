package io.millrace.objects;

import io.millrace.api.DataSourceSpec;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.codec.objects.KeyCoding;
import io.millrace.codec.objects.Notification.Found;
import io.millrace.spi.EventLog;
import io.millrace.spi.ObjectEvent;
import io.millrace.spi.ObjectEvents.Received;
import io.millrace.spi.ObjectEvents.Request;
import io.millrace.spi.ObjectStore;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bucket data source: a thread that makes it ready, keeps it so, and brings in events where
 * they do not come by themselves.
 */
final class BucketSource implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(BucketSource.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);
    private static final Duration SENDERS_PATIENCE = Duration.ofSeconds(5);
    private static final Duration END_PATIENCE = Duration.ofSeconds(10);
    private static final SourceState CONNECTING =
            new SourceState(false, "Connecting", "reading what was taken before");

    private final SourceBinding binding;
    private final Bucket connection;
    private final Needs needs;
    private final SourceMeters meters;
    private final SeenEvents seen = new SeenEvents();
    private final Intake intake;
    private final Inbox inbox;
    private final SetUpKeeper setUp;
    private final Waking waking = new Waking();
    private final CountDownLatch ready = new CountDownLatch(1);
    private final Thread thread;
    private volatile Runnable changed = () -> {};
    private volatile SourceState state = CONNECTING;
    private volatile boolean isStopping;
    private volatile boolean isRenewing;
    private volatile @Nullable ObjectStore store;
    private volatile @Nullable SenderProof proof;
    private volatile @Nullable EventArrival arriving;

    BucketSource(SourceBinding binding, Needs needs) {
        if (!(binding.connection() instanceof Bucket bucket)) {
            throw MillraceException.internal(binding.source() + " is no bucket source", null);
        }
        this.binding = binding;
        this.connection = bucket;
        this.needs = needs;
        this.meters = SourceMeters.of(needs.meters(), binding.source());
        this.intake =
                new Intake(
                        binding,
                        needs.log(),
                        needs.time(),
                        needs.events(),
                        meters,
                        seen,
                        this::openStore);
        this.inbox =
                new Inbox(
                        binding.source(),
                        intake,
                        switch (bucket.keys()) {
                            case AUTO -> KeyCoding.AUTO;
                            case ENCODED -> KeyCoding.ENCODED;
                            case RAW -> KeyCoding.RAW;
                        },
                        needs.events(),
                        needs.time());
        this.setUp = new SetUpKeeper(binding, bucket, needs, _ -> changed.run());
        this.thread =
                Thread.ofPlatform()
                        .daemon()
                        .name(
                                "source "
                                        + binding.source().project()
                                        + "/"
                                        + binding.source().name())
                        .unstarted(this::run);
    }

    SourceBinding binding() {
        return binding;
    }

    Bucket connection() {
        return connection;
    }

    ResourceKey key() {
        return binding.source();
    }

    SourceState state() {
        SourceState now = state;
        return now.isTaking() ? setUp.state() : now;
    }

    void changed(Runnable next) {
        changed = next;
    }

    void start() {
        thread.start();
    }

    /** Reads its secrets anew. */
    void renew() {
        isRenewing = true;
        wake();
    }

    private void wake() {
        waking.call();
        EventArrival now = arriving;
        if (now != null) {
            now.wakeup();
        }
    }

    // ---- from senders

    /** Takes one request. */
    Received receive(Request request) {
        awaitReady();
        SenderProof known = proof;
        if (known == null) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the data source %s cannot check its senders: %s"
                            .formatted(key().name(), state.message()));
        }
        try {
            boolean isProven = known.check(request);
            return inbox.take(
                    request.headers(), request.body(), isProven ? _ -> true : known::isProven);
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.DENIED) {
                meters.denied().increment();
                needs.events()
                        .record(
                                key(),
                                EventLog.Severity.WARNING,
                                "SenderDenied",
                                "a sender at %s: %s".formatted(request.sender(), e.text()));
            }
            throw e;
        }
    }

    /** Takes news of the embedded store. */
    void happened(ObjectEvent event) {
        awaitReady();
        var _ = intake.take(List.of(new Found(event, "")), true);
    }

    private void awaitReady() {
        try {
            if (!ready.await(SENDERS_PATIENCE.toMillis(), TimeUnit.MILLISECONDS) || isStopping) {
                throw new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the data source %s is not ready: %s"
                                .formatted(key().name(), state.message()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "it is being stopped", e);
        }
    }

    // ---- its thread

    private void run() {
        Duration wait = FIRST_WAIT;
        while (!isStopping) {
            isRenewing = false;
            try {
                prepare();
                arrive();
                wait = FIRST_WAIT;
            } catch (MillraceException e) {
                wait = failed(reasonOf(e), e.text(), wait);
            } catch (RuntimeException | Error e) {
                // The supervisor of this thread: a source must not end silently.
                logger.error("{} failed", key(), e);
                wait = failed("Failed", String.valueOf(e.getMessage()), wait);
            }
        }
    }

    private static String reasonOf(MillraceException e) {
        return switch (e.code()) {
            case DENIED -> "NotAuthorized";
            case INVALID, NOT_FOUND -> "Misconfigured";
            default -> "Away";
        };
    }

    private Duration failed(String reason, String message, Duration wait) {
        if (isStopping) {
            return wait;
        }
        meters.reconnects().increment();
        report(new SourceState(false, reason, message));
        logger.warn("{}: {}; again in {} ms", key(), message, wait.toMillis());
        try {
            waking.await(wait);
        } catch (MillraceException e) {
            isStopping = true; // interrupted: it is closed
        }
        Duration next = wait.multipliedBy(2);
        return next.compareTo(LONGEST_WAIT) < 0 ? next : LONGEST_WAIT;
    }

    private void report(SourceState next) {
        if (!next.equals(state)) {
            state = next;
            changed.run();
        }
    }

    /** What senders need, first: they are not kept waiting for a store that is away. */
    private void prepare() {
        needs.log().ensureTopics(Set.of(intake.refusedTopic()));
        if (ready.getCount() > 0) {
            new TakenBefore(needs.log(), binding).into(seen);
        }
        if (connection.arrival() instanceof DataSourceSpec.OverHttp http) {
            proof = null;
            proof = SenderProof.of(http, key().project(), needs.secrets());
        }
        ready.countDown();
        openStore();
    }

    private synchronized ObjectStore openStore() {
        ObjectStore known = store;
        if (known == null) {
            if (isStopping) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "it is being stopped");
            }
            known = needs.stores().open(key().project(), connection.store());
            store = known;
        }
        return known;
    }

    /** Brings events in until it is stopped or something changes. */
    private void arrive() {
        EventArrival arrival =
                switch (connection.arrival()) {
                    case DataSourceSpec.Inside() -> EventArrival.BY_ITSELF;
                    case DataSourceSpec.OverHttp _ -> EventArrival.BY_ITSELF;
                    case DataSourceSpec.OverKafka kafka ->
                            new KafkaArrival(binding.source(), kafka, inbox, needs);
                    case DataSourceSpec.Polled polled ->
                            new PolledArrival(binding, polled.every(), intake, openStore(), needs);
                };
        try (arrival) {
            arriving = arrival;
            while (!isStopping && !isRenewing) {
                Duration pause = arrival.step();
                report(SourceState.LISTENING);
                setUp.look();
                if (!pause.isZero() && !isStopping && !isRenewing) {
                    waking.await(pause);
                }
            }
        } finally {
            arriving = null;
        }
    }

    /**
     * Whether the next one sends from the same store to the same place, so that it mends the rest.
     */
    boolean hasSameTarget(SourceBinding next) {
        return next.connection() instanceof Bucket other
                && other.store().equals(connection.store())
                && other.setUp().equals(connection.setUp())
                && buckets(next).containsAll(buckets(binding));
    }

    private static Set<String> buckets(SourceBinding of) {
        return of.routes().stream()
                .map(SourceBinding.Route::topic)
                .collect(java.util.stream.Collectors.toUnmodifiableSet());
    }

    /** Takes back what was set up in the store. */
    void forget() {
        setUp.forget();
        PolledArrival.forget(needs.folder(), key());
    }

    /** Asks it to end. */
    void stop() {
        isStopping = true;
        wake();
    }

    /** Ends it; what is under way is finished first, within a bounded time. Idempotent. */
    @Override
    public void close() {
        stop();
        try {
            if (!thread.join(END_PATIENCE)) {
                thread.interrupt();
                if (!thread.join(END_PATIENCE)) {
                    logger.error("{} does not end", key());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            ObjectStore open = store;
            store = null;
            if (open != null) {
                open.close();
            }
        }
    }
}
