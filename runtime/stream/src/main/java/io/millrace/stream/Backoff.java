package io.millrace.stream;

import java.time.Duration;

/** Waits that double until they are long enough. */
final class Backoff {

    private final Duration first;
    private final Duration most;
    private Duration next;

    Backoff(Duration first, Duration most) {
        this.first = first;
        this.most = most;
        this.next = first;
    }

    /** The wait before the next attempt. */
    Duration next() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(most) < 0 ? doubled : most;
        return now;
    }

    /** It went well: the next wait is the first one again. */
    void reset() {
        next = first;
    }
}
