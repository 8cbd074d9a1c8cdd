package io.millrace.api;

import java.time.Duration;

/**
 * How many tasks share the work of a pipeline, and when there are more or fewer of them.
 *
 * @param min the fewest; 0 lets the pipeline sleep while nothing comes
 * @param max the most, at least 1
 * @param lag records that wait for each task before another one is added
 * @param age how long the oldest record may wait before another task is added
 * @param idle for how long fewer tasks must have been enough before some are taken away, and
 *     nothing may have come before the last one is
 */
public record ScaleSpec(int min, int max, long lag, Duration age, Duration idle) {
    /** A second task is worth its start when that many records wait. */
    public static final long DEFAULT_LAG = 1_000;

    /** What waits as long as that is late for somebody. */
    public static final Duration DEFAULT_AGE = Duration.ofSeconds(2);

    /** Tasks that go at once come back too often. */
    public static final Duration DEFAULT_IDLE = Duration.ofSeconds(30);

    /** One task. */
    public static final ScaleSpec ONE = fixed(1);

    /** Always the same number of tasks. */
    public static ScaleSpec fixed(int tasks) {
        return new ScaleSpec(tasks, tasks, DEFAULT_LAG, DEFAULT_AGE, DEFAULT_IDLE);
    }

    /** Whether the number of tasks never changes. */
    public boolean isFixed() {
        return min == max;
    }
}
