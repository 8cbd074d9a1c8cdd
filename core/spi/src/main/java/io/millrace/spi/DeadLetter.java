package io.millrace.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record that a pipeline gave up.
 *
 * @param place among the dead letters of the pipeline
 * @param fate what became of it
 * @param key null when it has none
 * @param payload its first bytes, or all of them
 * @param payloadBytes how many there are in all
 * @param headers those of the record itself
 * @param timestampMillis of the record itself
 * @param readAt where it was read first, as {@code topic/partition/offset}
 * @param code the {@code ErrorCode} by which it failed
 * @param stage where it failed, such as {@code step 1 function/classify}
 * @param reason why, in words
 * @param attempts how often it was tried, redrives included
 * @param steps what it passed through until it failed, with versions; empty when not known
 * @param diedMillis when it was given up
 */
public record DeadLetter(
        LetterPosition place,
        Fate fate,
        byte @Nullable [] key,
        byte[] payload,
        int payloadBytes,
        List<Header> headers,
        long timestampMillis,
        String readAt,
        String code,
        String stage,
        String reason,
        int attempts,
        List<String> steps,
        long diedMillis) {

    /** What became of a letter. */
    public enum Fate {
        /** Nobody has dealt with it yet. */
        OPEN,
        /** It was given to the pipeline once more. */
        REDRIVEN,
        /** Somebody said that it is not needed. */
        DROPPED;

        /** In lower case, for programs and people. */
        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
