package io.millrace.embedded.mqtt;

import io.millrace.api.TimeSource;
import io.millrace.spi.Meters.Count;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees when two programs use one client id: each new connection closes the other one, whose program
 * connects again at once, for ever.
 */
final class TakeOvers {

    private static final Logger log = LoggerFactory.getLogger(TakeOvers.class);

    private static final long PERIOD_NANOS = Duration.ofMinutes(1).toNanos();

    /** One may be a lost connection that was not noticed yet, two a bad day. */
    private static final int SUSPICIOUS = 3;

    private static final int MAX_KNOWN = 10_000;

    private final TimeSource time;
    private final Count count;
    private final ConcurrentHashMap<String, Holder> holders = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Series> series = new ConcurrentHashMap<>();

    private record Holder(Object connection, String address) {}

    /** Take-overs of one client id in one period. */
    private record Series(long since, int count) {}

    TakeOvers(TimeSource time, Count count) {
        this.time = time;
        this.count = count;
    }

    /** A connection takes the id, perhaps from another one. */
    void connected(Client client, Object connection, String address) {
        Holder before = holders.put(client.sessionId(), new Holder(connection, address));
        if (before != null) {
            count.increment();
            note(client, before.address(), address);
        }
    }

    /** A connection is gone. */
    void ended(Client client, Object connection) {
        holders.computeIfPresent(
                client.sessionId(),
                (_, holder) -> holder.connection().equals(connection) ? gone() : holder);
    }

    private static @Nullable Holder gone() {
        return null;
    }

    private void note(Client client, String first, String second) {
        long now = time.nanoTime();
        if (series.size() >= MAX_KNOWN) {
            series.values().removeIf(old -> now - old.since() > PERIOD_NANOS);
            if (series.size() >= MAX_KNOWN) {
                return;
            }
        }
        Series current =
                series.compute(
                        client.sessionId(),
                        (_, old) ->
                                old == null || now - old.since() > PERIOD_NANOS
                                        ? new Series(now, 1)
                                        : new Series(old.since(), old.count() + 1));
        if (current.count() == SUSPICIOUS) {
            log.warn(
                    "two programs use the MQTT client id {} in project {}: {} and {} closed each"
                            + " other's connection {} times within a minute; give each an id of its"
                            + " own",
                    client,
                    client.project(),
                    first,
                    second,
                    SUSPICIOUS);
        }
    }
}
