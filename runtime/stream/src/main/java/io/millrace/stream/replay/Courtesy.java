package io.millrace.stream.replay;

import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Lets live pipelines go first: a replay waits while they fall behind further than they were at its
 * best moment, and goes on slowly when that does not end, so that it ends some time, too.
 */
final class Courtesy {

    private static final long TOLERATED = 500;
    private static final Duration PIECE = Duration.ofMillis(50);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final TimeSource time;
    private final LongSupplier lag;
    private long least = Long.MAX_VALUE;

    Courtesy(TimeSource time, LongSupplier lag) {
        this.time = time;
        this.lag = lag;
    }

    /** Called before each batch; whether it had to wait. */
    boolean giveWay(BooleanSupplier isEnded) {
        long end = time.nanoTime() + LONGEST.toNanos();
        boolean waited = false;
        while (isBehind() && !isEnded.getAsBoolean() && time.nanoTime() - end < 0) {
            waited = true;
            time.pause(PIECE);
        }
        return waited;
    }

    private boolean isBehind() {
        long now = lag.getAsLong();
        least = Math.min(least, now);
        return now > least + TOLERATED;
    }
}
