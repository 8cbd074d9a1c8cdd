package io.millrace.connector.mqtt;

import io.millrace.api.DataSourceSpec.ExternalMqtt;
import io.millrace.api.MillraceException;
import io.millrace.api.MqttConnection;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.Meters;
import io.millrace.spi.Secrets;
import io.millrace.spi.SourceBinding;
import io.millrace.spi.SourceState;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One data source at another broker: its connection, its subscriptions, how it goes. */
final class ExternalSource implements MqttLink.User, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExternalSource.class);
    private static final Duration TRY_REFUSED_AGAIN = Duration.ofSeconds(30);

    private final ResourceKey key;
    private final MqttConnection connection;
    private final StreamLog streamLog;
    private final TimeSource time;
    private final SourceMeters meters;
    private final String clientId;
    private final MqttLink link;

    private volatile SourceBinding binding;
    private volatile TopicRoutes routes;
    private volatile SourceState state =
            new SourceState(false, "Connecting", "the first connection is under way");
    private volatile Runnable changed = () -> {};

    /** Only on the link's thread. */
    private @Nullable SourceLane opening;

    private volatile @Nullable SourceLane lane;

    /** What the session may be subscribed to and shall not be; guarded by this. */
    private final Set<String> obsolete = new LinkedHashSet<>();

    /** On the link's thread. */
    private boolean wasConnected;

    /** What comes of the last subscription; on the link's thread. */
    private SourceState subscribed = SourceState.LISTENING;

    ExternalSource(
            SourceBinding binding,
            ExternalMqtt mqtt,
            String clientId,
            StreamLog streamLog,
            Secrets secrets,
            Meters meters,
            TimeSource time,
            DoubleSupplier jitter) {
        this.key = binding.source();
        this.binding = binding;
        this.routes = new TopicRoutes(binding);
        this.connection = mqtt.broker();
        this.clientId = clientId;
        this.streamLog = streamLog;
        this.time = time;
        this.meters = new SourceMeters(meters, key);
        var dialer =
                new Dialer(
                        key.project(),
                        mqtt.broker(),
                        new SessionSpec(clientId, mqtt.broker().keepAlive(), true),
                        secrets);
        this.link = new MqttLink("mqtt " + key.label(), () -> dial(dialer), this, time, jitter);
    }

    void start() {
        meters.connected(() -> lane == null ? 0 : 1);
        meters.inFlight(() -> {
            SourceLane current = lane;
            return current == null ? 0 : current.inFlight();
        });
        link.start();
    }

    /** The session may still have the subscriptions of an earlier binding. */
    synchronized void replaces(SourceBinding earlier) {
        if (earlier.connection() instanceof ExternalMqtt) {
            obsolete.addAll(subscriptions(earlier));
            obsolete.removeAll(subscriptions(binding));
        }
    }

    SourceBinding binding() {
        return binding;
    }

    /** Whether a binding needs no other connection than this. */
    boolean canBecome(SourceBinding next) {
        return next.connection().equals(binding.connection());
    }

    /** Other fields over the same connection: nothing is interrupted. */
    void become(SourceBinding next) {
        synchronized (this) {
            obsolete.addAll(subscriptions(binding));
            obsolete.removeAll(subscriptions(next));
        }
        binding = next;
        routes = new TopicRoutes(next);
        link.refresh();
    }

    SourceState state(Runnable listener) {
        changed = listener;
        return state;
    }

    void secretChanged(ProjectId project, ResourceName name) {
        if (key.project().equals(project) && connection.secret().filter(name::equals).isPresent()) {
            link.restart();
        }
    }

    private MqttSession dial(Dialer dialer) {
        var fresh = new LaneOfSession();
        var next =
                new SourceLane(
                        "mqtt " + key.label(),
                        streamLog,
                        () -> routes,
                        meters,
                        time,
                        fresh::broken);
        opening = next;
        MqttSession session = dialer.open(next);
        fresh.session = session;
        next.start();
        return session;
    }

    /** Ties what a lane reports to the connection that it belongs to. */
    private static final class LaneOfSession {
        private volatile @Nullable MqttSession session;

        void broken(MillraceException why) {
            MqttSession mine = session;
            if (mine != null) {
                mine.ended().complete(why);
            }
        }
    }

    @Override
    public long opened(MqttSession session) {
        if (lane == null) {
            if (wasConnected) {
                meters.reconnects.increment();
            }
            wasConnected = true;
            lane = opening;
        }
        unsubscribeObsolete(session);
        SourceBinding now = binding;
        List<String> filters = subscriptions(now);
        int qos = mqtt(now).qos();
        int[] granted = session.subscribe(filters, qos);
        subscribed = judge(filters, qos, granted);
        return subscribed.isTaking() ? -1 : TRY_REFUSED_AGAIN.toNanos();
    }

    private void unsubscribeObsolete(MqttSession session) {
        List<String> gone;
        synchronized (this) {
            gone = List.copyOf(obsolete);
        }
        if (!gone.isEmpty()) {
            session.unsubscribe(gone);
            synchronized (this) {
                gone.forEach(obsolete::remove);
            }
        }
    }

    private static SourceState judge(List<String> filters, int qos, int[] granted) {
        var refused = new ArrayList<String>();
        var lower = new ArrayList<String>();
        for (int i = 0; i < granted.length; i++) {
            if (granted[i] == MqttSession.REFUSED) {
                refused.add(filters.get(i));
            } else if (granted[i] < qos) {
                lower.add("%s at QoS %d".formatted(filters.get(i), granted[i]));
            }
        }
        if (!refused.isEmpty()) {
            return new SourceState(
                    false,
                    "SubscriptionRefused",
                    "the broker refuses the subscription to "
                            + String.join(", ", refused)
                            + "; may this user read there?");
        }
        return lower.isEmpty()
                ? SourceState.LISTENING
                : new SourceState(
                        true, "Listening", "the broker grants only " + String.join(", ", lower));
    }

    private static ExternalMqtt mqtt(SourceBinding binding) {
        if (binding.connection() instanceof ExternalMqtt mqtt) {
            return mqtt;
        }
        throw MillraceException.internal("not an MQTT broker: " + binding.connection(), null);
    }

    private static List<String> subscriptions(SourceBinding binding) {
        String prefix = mqtt(binding).group().map(group -> "$share/" + group + "/").orElse("");
        return TopicRoutes.filters(binding).stream().map(filter -> prefix + filter).toList();
    }

    @Override
    public void up() {
        say(subscribed);
    }

    @Override
    public void down(MillraceException why) {
        say(new SourceState(false, reason(why), why.text()));
    }

    private static String reason(MillraceException why) {
        return switch (why.code()) {
            case DENIED -> "NotAuthorized";
            case CONFLICT -> "ClientIdTaken";
            case NOT_FOUND, INVALID -> "Misconfigured";
            case UNAVAILABLE, UNSUPPORTED, OVERLOADED, TIMEOUT, TOO_LARGE, USER_CODE, INTERNAL ->
                    "BrokerAway";
        };
    }

    private void say(SourceState next) {
        if (!next.equals(state)) {
            state = next;
            changed.run();
        }
    }

    @Override
    public void closing(MqttSession session, boolean forget) {
        SourceLane last = lane != null ? lane : opening;
        lane = null;
        opening = null;
        if (last != null) {
            last.close();
        }
        if (forget && !session.ended().isDone()) {
            try {
                // MQTT 3.1.1 has no other way to make the broker stop collecting for us.
                session.unsubscribe(subscriptions(binding));
            } catch (MillraceException e) {
                log.info("{}: the broker may keep its subscriptions: {}", key.label(), e.text());
            }
        }
    }

    /** Ends taking data; the broker keeps the session for the next start. */
    @Override
    public void close() {
        link.close(false);
    }

    /** Ends taking data for good: the broker forgets the session. */
    void remove() {
        link.close(true);
        meters.forget();
        log.info("{}: no longer connected to {} as {}", key.label(), connection.url(), clientId);
    }
}
