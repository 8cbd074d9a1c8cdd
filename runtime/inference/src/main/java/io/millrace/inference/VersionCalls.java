package io.millrace.inference;

import io.millrace.spi.TrafficReport.VersionTraffic;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * The calls of one version since the traffic rule took effect. Latencies are those of the last
 * calls only, so that they show what is, not what was. Hot path: no allocation.
 */
final class VersionCalls {

    /** How many calls the latencies are taken from; a power of two. */
    private static final int LAST = 1024;

    private static final double MEDIAN = 0.5;
    private static final double P99 = 0.99;

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLongArray latencies = new AtomicLongArray(LAST);
    private final LongAdder refused = new LongAdder();
    private final LongAdder errors = new LongAdder();

    /** A call was answered. */
    void answered(long nanos) {
        latencies.setOpaque((int) (answered.getAndIncrement() & (LAST - 1)), nanos);
    }

    /** A call failed for the version's own reasons. */
    void failed() {
        errors.increment();
    }

    /** A call failed for another reason, such as wrong inputs. */
    void refused() {
        refused.increment();
    }

    long calls() {
        return answered.get() + errors.sum() + refused.sum();
    }

    VersionTraffic report(int version) {
        long[] last = new long[(int) Math.min(answered.get(), LAST)];
        Arrays.setAll(last, latencies::getOpaque);
        Arrays.sort(last);
        return new VersionTraffic(
                version, calls(), errors.sum(), quantile(last, MEDIAN), quantile(last, P99));
    }

    private static Duration quantile(long[] sorted, double share) {
        if (sorted.length == 0) {
            return Duration.ZERO;
        }
        int rank = (int) Math.ceil(share * sorted.length);
        return Duration.ofNanos(sorted[Math.max(0, rank - 1)]);
    }
}
