package io.millrace.stream;

/**
 * How many records a task takes all the way at once. What a poll returns is bounded, but what
 * functions make of it is not: so the next slice is as large as the last ones say is right for its
 * results to fit into memory and for its answers not to keep anybody waiting. Grows step by step,
 * shrinks at once.
 */
final class SliceSize {

    private static final int FIRST = 4;
    private static final int MOST = 256;
    private static final long BYTES = 16L << 20;
    private static final long NANOS = 1_000_000_000;

    private int records = FIRST;

    /** The most records of the next slice, at least 1. */
    int records() {
        return records;
    }

    /**
     * Learns from a slice.
     *
     * @param count how many records it had
     * @param bytes the most that their payloads took at a time
     * @param nanos how long it took
     */
    void finished(int count, long bytes, long nanos) {
        long fitting = Math.min(fitting(count, bytes, BYTES), fitting(count, nanos, NANOS));
        if (fitting < records) {
            records = (int) Math.max(1, fitting);
        } else if (count >= records) {
            records = (int) Math.min(Math.min(2L * records, fitting), MOST);
        }
    }

    private static long fitting(int count, long used, long allowed) {
        return used <= 0 ? Long.MAX_VALUE : allowed * count / used;
    }
}
