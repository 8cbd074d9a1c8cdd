package io.millrace.client;

import io.millrace.api.TimeSource;
import java.time.Duration;

/** Pauses that grow while nothing works. */
final class Backoff {

    private static final Duration FIRST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final TimeSource time;
    private Duration next = FIRST;

    Backoff(TimeSource time) {
        this.time = time;
    }

    Duration nextPause() {
        return next;
    }

    void pause() {
        time.pause(next);
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
    }

    void reset() {
        next = FIRST;
    }
}
