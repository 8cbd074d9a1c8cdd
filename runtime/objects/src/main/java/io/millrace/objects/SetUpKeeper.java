package io.millrace.objects;

import io.millrace.api.BucketConnection;
import io.millrace.api.DataSourceSpec.Bucket;
import io.millrace.api.DataSourceSpec.OverHttp;
import io.millrace.api.MillraceException;
import io.millrace.api.ObjectFilter;
import io.millrace.api.ResourceKey;
import io.millrace.spi.EventLog;
import io.millrace.spi.ObjectNotifications.Rule;
import io.millrace.spi.ObjectNotifications.Wanted;
import io.millrace.spi.Secrets;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the store sends its events, now and as long as the source is there. It looks in a
 * thread of its own, since stores may answer slowly and may themselves wait for an answer of ours.
 */
final class SetUpKeeper {

    private static final Logger logger = LoggerFactory.getLogger(SetUpKeeper.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(60);
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(10);
    private static final int TRIES_AT_THE_END = 3;

    private final SourceBinding binding;
    private final Bucket bucket;
    private final Needs needs;
    private final Consumer<SourceState> changed;
    private final AtomicBoolean isLooking = new AtomicBoolean();
    private volatile SourceState state = SourceState.LISTENING;
    private volatile boolean wasSetUp;
    private long nextLook;
    private boolean hasLooked;

    /**
     * Does nothing yet.
     *
     * @param changed hears that {@link #state} has something new to say
     */
    SetUpKeeper(SourceBinding binding, Bucket bucket, Needs needs, Consumer<SourceState> changed) {
        this.binding = binding;
        this.bucket = bucket;
        this.needs = needs;
        this.changed = changed;
        if (!bucket.setUp().isAuto() && sendsEvents()) {
            this.state =
                    new SourceState(
                            true,
                            SourceState.LISTENING.reason(),
                            "the store is set up by hand: "
                                    + new Instructions(binding, bucket).text());
        }
    }

    private boolean sendsEvents() {
        return bucket.store().isPresent()
                && !(bucket.arrival() instanceof io.millrace.api.DataSourceSpec.Polled);
    }

    SourceState state() {
        return state;
    }

    /** Looks, unless it did so lately. Returns at once. */
    void look() {
        if (!bucket.setUp().isAuto() || bucket.store().isEmpty()) {
            return;
        }
        long now = needs.time().nanoTime();
        if ((hasLooked && now - nextLook < 0) || !isLooking.compareAndSet(false, true)) {
            return;
        }
        hasLooked = true;
        nextLook = now + BETWEEN_LOOKS.toNanos();
        BucketConnection store = bucket.store().get();
        Thread.ofVirtual().name("set-up of " + binding.source()).start(() -> ensure(store));
    }

    private void ensure(BucketConnection store) {
        try {
            if (bucket.setUp().address().isEmpty() && bucket.setUp().target().isEmpty()) {
                throw MillraceException.invalid(
                        "say in 'address' where the store reaches this server");
            }
            boolean isNew =
                    needs.notifications().ensure(binding.source().project(), store, wanted());
            if (isNew) {
                needs.events()
                        .record(
                                binding.source(),
                                wasSetUp ? EventLog.Severity.WARNING : EventLog.Severity.NORMAL,
                                wasSetUp ? "SetUpMended" : "SetUp",
                                wasSetUp
                                        ? "the notifications of the store had been changed; they are as declared again"
                                        : "the store sends its events here now");
            }
            wasSetUp = true;
            report(SourceState.LISTENING);
        } catch (MillraceException e) {
            nextLook = needs.time().nanoTime() + AFTER_A_FAILURE.toNanos();
            report(
                    new SourceState(
                            false,
                            "NotSetUp",
                            "the store cannot be set up: %s. Events that come are taken. By hand: %s"
                                    .formatted(
                                            e.text(), new Instructions(binding, bucket).text())));
        } catch (RuntimeException | Error e) {
            // The supervisor of this thread: the next look shall come.
            logger.error("setting up the store of {} failed", binding.source(), e);
        } finally {
            isLooking.set(false);
        }
    }

    private void report(SourceState next) {
        if (!next.equals(state)) {
            state = next;
            changed.accept(next);
        }
    }

    private Wanted wanted() {
        ResourceKey source = binding.source();
        String id = "millrace-" + source.project() + "-" + source.name();
        var rules = new ArrayList<Rule>();
        for (SourceBinding.Route route : binding.routes()) {
            ObjectFilter filter = route.objects().orElse(ObjectFilter.ALL);
            rules.add(
                    new Rule(
                            id + "-" + route.field(),
                            route.topic(),
                            filter.events(),
                            filter.ignoresCase() ? "" : filter.prefix(),
                            filter.ignoresCase() ? "" : filter.suffix()));
        }
        Optional<Secrets.Secret> secret = secret();
        return new Wanted(
                id,
                bucket.setUp().target(),
                bucket.setUp().address().map(base -> address(base, secret)),
                secret.flatMap(s -> s.value("opaqueData")),
                rules);
    }

    private Optional<Secrets.Secret> secret() {
        return bucket.arrival() instanceof OverHttp http
                ? http.secret()
                        .flatMap(name -> needs.secrets().find(binding.source().project(), name))
                : Optional.empty();
    }

    /** A secret segment of the path comes behind what is declared, which everybody may see. */
    private static String address(String base, Optional<Secrets.Secret> secret) {
        return secret.flatMap(s -> s.value("path"))
                .map(path -> (base.endsWith("/") ? base : base + "/") + path)
                .orElse(base);
    }

    /** Takes back what was set up, in the background. */
    void forget() {
        if (!bucket.setUp().isAuto() || bucket.store().isEmpty()) {
            return;
        }
        BucketConnection store = bucket.store().get();
        Wanted wanted = wanted();
        Thread.ofVirtual()
                .name("end of set-up of " + binding.source())
                .start(() -> remove(store, wanted));
    }

    private void remove(BucketConnection store, Wanted wanted) {
        for (int i = 1; ; i++) {
            try {
                needs.notifications().remove(binding.source().project(), store, wanted);
                return;
            } catch (MillraceException e) {
                if (!e.code().isTransient() || i == TRIES_AT_THE_END) {
                    logger.warn(
                            "{} is gone, but its notifications are still set up in {}: {}",
                            binding.source(),
                            store.endpoint(),
                            e.text());
                    return;
                }
                needs.time().pause(Duration.ofSeconds(i));
            }
        }
    }
}
