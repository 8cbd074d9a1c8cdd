package io.millrace.embedded.mqtt;

import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.EventLog;
import io.millrace.spi.EventLog.Severity;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of senders who are refused: of each data source once a minute in the log, with how many
 * there were before, and as events. A full disk refuses all of them, again and again. Any thread.
 */
final class Refusals {

    private static final Logger log = LoggerFactory.getLogger(Refusals.class);

    private static final long PERIOD_NANOS = Duration.ofMinutes(1).toNanos();

    private final EventLog events;
    private final TimeSource time;
    private final ConcurrentHashMap<ResourceKey, Series> series = new ConcurrentHashMap<>();

    /**
     * What was not told since it was told last.
     *
     * @param told when that was
     * @param untold how many there were since
     */
    private record Series(long told, long untold) {}

    Refusals(EventLog events, TimeSource time) {
        this.events = events;
        this.time = time;
    }

    /** Something that a client published for a data source did not get into the log. */
    void notTaken(ResourceKey source, Client client, String why) {
        events.record(source, Severity.WARNING, "SendersRefused", why);
        long untold = untold(source);
        if (untold == 0) {
            log.warn("MQTT client {} of {}: {}", client.id(), client.project(), why);
        } else if (untold > 0) {
            log.warn(
                    "MQTT client {} of {}: {}; so were {} more for {} since this was said last",
                    client.id(),
                    client.project(),
                    why,
                    untold,
                    source.label());
        }
    }

    /** A user has no right name and password. The log says who; an event names nobody. */
    void loginFailed(Collection<ResourceKey> sources) {
        for (ResourceKey source : sources) {
            events.record(
                    source,
                    Severity.WARNING,
                    "LoginRefused",
                    "a user was refused for a wrong name or password; the server's log says who,"
                            + " and from where");
        }
    }

    /** A data source is gone. */
    void forget(ResourceKey source) {
        series.remove(source);
    }

    /** How many were not told since the last time, when it is time to tell; else -1. */
    private long untold(ResourceKey source) {
        long now = time.nanoTime();
        long[] due = {-1};
        series.compute(
                source,
                (_, known) -> {
                    if (known != null && now - known.told() < PERIOD_NANOS) {
                        return new Series(known.told(), known.untold() + 1);
                    }
                    due[0] = known == null ? 0 : known.untold();
                    return new Series(now, 0);
                });
        return due[0];
    }
}
