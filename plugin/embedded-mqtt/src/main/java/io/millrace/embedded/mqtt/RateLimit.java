package io.millrace.embedded.mqtt;

import java.util.concurrent.TimeUnit;

/**
 * How fast one client may send to one data source: evenly, after a burst of one second's worth. It
 * only measures; nothing is refused. Used on one event loop.
 *
 * <p>It keeps the time at which all that came would have been due at the even pace.
 */
final class RateLimit {

    private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A pause lasts until so much is free again, or reading would stop at each message. */
    private static final long ROOM_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final int rate;
    private final long intervalNanos;
    private long due;

    RateLimit(int rate, long now) {
        this.rate = rate;
        this.intervalNanos = BURST_NANOS / rate;
        this.due = now;
    }

    boolean is(int other) {
        return rate == other;
    }

    /** Counts a message; whether more than the burst came. */
    boolean exceeds(long now) {
        due = Math.max(due, now) + intervalNanos;
        return due - now > BURST_NANOS;
    }

    /** How long to wait before more is read; not above 0 when nothing is to be waited for. */
    long waitNanos(long now) {
        return due - now - BURST_NANOS + Math.min(BURST_NANOS, Math.max(ROOM_NANOS, intervalNanos));
    }
}
