package io.millrace.api;

import java.time.Duration;
import java.time.Instant;

/** The only way to the clock, so that a whole pipeline can run in simulated time. */
public interface TimeSource {

    /** The wall clock: for timestamps that people and other systems see. May jump. */
    Instant now();

    /** A clock that never jumps, in nanoseconds from an arbitrary origin: for durations. */
    long nanoTime();

    /**
     * Waits; returns early with the interrupt flag set when the thread is interrupted. For back-off
     * only, never to wait for something that can be signalled.
     */
    void pause(Duration duration);

    /** The wall clock in milliseconds since the epoch. */
    default long epochMillis() {
        return now().toEpochMilli();
    }

    /** The clock of the machine. */
    static TimeSource system() {
        return SystemTime.INSTANCE;
    }
}
