package io.millrace.drift;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How models are watched.
 *
 * @param folder where what was seen is kept
 * @param member of this process in the consumer groups that read labels; stable over restarts
 * @param mostCalls how many calls may wait to be looked at
 * @param mostBytes how much memory they may hold
 * @param saveEvery how often what was seen is kept
 */
public record DriftConfig(
        Path folder, String member, int mostCalls, long mostBytes, Duration saveEvery) {

    private static final int MOST_CALLS = 1_024;
    private static final long MOST_BYTES = 64L << 20;
    private static final Duration SAVE_EVERY = Duration.ofSeconds(30);

    /** The usual limits. */
    public static DriftConfig of(Path folder, String member) {
        return new DriftConfig(folder, member, MOST_CALLS, MOST_BYTES, SAVE_EVERY);
    }
}
