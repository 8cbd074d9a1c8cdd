package io.millrace.control;

import io.millrace.api.MillraceException;
import java.time.Duration;

/**
 * How the reconcile loop works.
 *
 * @param threads how many resources are worked on at the same time
 * @param firstBackoff the wait after the first failure of a resource; it doubles with each further
 * @param maxBackoff the longest wait after a failure
 * @param resync how often a resource is looked at when nothing happens
 */
public record ReconcileConfig(
        int threads, Duration firstBackoff, Duration maxBackoff, Duration resync) {
    /** Four threads, 200 ms to 30 s, every five minutes. */
    public static final ReconcileConfig DEFAULT =
            new ReconcileConfig(
                    4, Duration.ofMillis(200), Duration.ofSeconds(30), Duration.ofMinutes(5));

    public ReconcileConfig {
        if (threads < 1) {
            throw MillraceException.invalid("reconcile threads must be at least 1, was " + threads);
        }
        if (firstBackoff.isNegative() || firstBackoff.isZero()) {
            throw MillraceException.invalid("the first back-off must be longer than nothing");
        }
        if (maxBackoff.compareTo(firstBackoff) < 0) {
            throw MillraceException.invalid("the longest back-off is shorter than the first");
        }
        if (resync.isNegative() || resync.isZero()) {
            throw MillraceException.invalid("the resync interval must be longer than nothing");
        }
    }

    /** The wait after so many failures in a row. */
    Duration backoff(int failures) {
        Duration wait = firstBackoff;
        for (int i = 1; i < failures && wait.compareTo(maxBackoff) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(maxBackoff) < 0 ? wait : maxBackoff;
    }
}
