package io.millrace.connector.mqtt;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before the next attempt: 0.2 s, doubling up to 30 s, each shortened at random by
 * up to a half, so that many who lost the same broker do not come back at once.
 */
final class Backoff {
    static final Duration FIRST = Duration.ofMillis(200);
    static final Duration LONGEST = Duration.ofSeconds(30);

    private final DoubleSupplier jitter;
    private long nextNanos = FIRST.toNanos();

    /** With a source of numbers from 0 to 1. */
    Backoff(DoubleSupplier jitter) {
        this.jitter = jitter;
    }

    long nextNanos() {
        long whole = nextNanos;
        nextNanos = Math.min(LONGEST.toNanos(), 2 * whole);
        return whole - (long) (jitter.getAsDouble() * whole / 2);
    }

    /** The last attempt was a success that lasted. */
    void reset() {
        nextNanos = FIRST.toNanos();
    }
}
