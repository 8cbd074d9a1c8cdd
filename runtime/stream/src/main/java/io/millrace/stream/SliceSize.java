package io.millrace.stream;

import java.time.Duration;

/**
 * How many records a task takes all the way at once. What a poll returns is bounded, but what
 * functions make of it is not: so the next slice is as large as the last ones say is right for its
 * results to fit into memory and for its answers not to keep anybody waiting. Grows step by step,
 * shrinks at once.
 */
final class SliceSize {

    private final int most;
    private final long bytes;
    private final long nanos;
    private int records;

    private SliceSize(int first, int most, long bytes, Duration duration) {
        this.records = first;
        this.most = most;
        this.bytes = bytes;
        this.nanos = duration.toNanos();
    }

    /**
     * For slices that are written and then committed. A slice waits for its acknowledgements once,
     * so it should be no smaller than what is on its way meanwhile.
     */
    static SliceSize ofWrites() {
        return new SliceSize(4, 1_024, 16L << 20, Duration.ofSeconds(1));
    }

    /**
     * For slices that are one transaction each. Its end costs several milliseconds whatever is in
     * it, and until then nobody sees its answers.
     */
    static SliceSize ofTransactions() {
        return new SliceSize(64, 10_000, 32L << 20, Duration.ofMillis(150));
    }

    /** The most records of the next slice, at least 1. */
    int records() {
        return records;
    }

    /**
     * Learns from a slice.
     *
     * @param count how many records it had
     * @param used the most bytes that their payloads took at a time
     * @param took how many nanoseconds it took
     */
    void finished(int count, long used, long took) {
        long fitting = Math.min(fitting(count, used, bytes), fitting(count, took, nanos));
        if (fitting < records) {
            records = (int) Math.max(1, fitting);
        } else if (count >= records) {
            records = (int) Math.min(Math.min(2L * records, fitting), most);
        }
    }

    private static long fitting(int count, long used, long allowed) {
        return used <= 0 ? Long.MAX_VALUE : allowed * count / used;
    }
}
