package io.millrace.spi;

import io.millrace.api.ErrorCode;
import io.millrace.api.ResourceKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets people look at records on their way through a pipeline. A pipeline never waits for who looks
 * on, and does nothing more than ask whether somebody does while nobody does.
 *
 * <p>Any thread may call it at any time.
 */
public interface PipelineTaps {

    /**
     * Begins to look. A pipeline that does not run shows nothing until it does; all tasks of all
     * its versions are seen.
     */
    Tap open(ResourceKey pipeline, Sampling sampling);

    /**
     * Where and how much.
     *
     * @param edge where
     * @param perSecond at most so many records in a second, more than 0
     * @param every one of so many, at least 1
     */
    record Sampling(PipelineEdge edge, double perSecond, int every) {
        /** What one can read. */
        public static final double DEFAULT_RATE = 20;
    }

    /** Somebody who looks on. One thread uses it. */
    interface Tap extends AutoCloseable {

        /**
         * What came next; empty when nothing did in time.
         *
         * @throws InterruptedException when the thread shall end
         */
        Optional<Event> next(Duration patience) throws InterruptedException;

        /** Looks away. Idempotent. */
        @Override
        void close();
    }

    /** What somebody hears who looks on. */
    sealed interface Event {}

    /**
     * A record.
     *
     * @param atMillis when it passed, milliseconds since the epoch
     * @param edge where, for people: {@code in}, {@code step 1 function/classify}, {@code out}
     * @param position of the record that it was made from, as {@code topic/partition/offset}
     * @param key of that record; null when it has none
     * @param headers of that record
     * @param payload its first bytes at this place; of a record that failed, as it was read
     * @param size how many bytes it has in all
     * @param failure why it went no further; null when it did
     */
    record Seen(
            long atMillis,
            String edge,
            String position,
            byte @Nullable [] key,
            List<Header> headers,
            byte[] payload,
            int size,
            @Nullable Failure failure)
            implements Event {}

    /**
     * Why a record went no further.
     *
     * @param stage where it failed
     * @param code what kind of error
     * @param reason in words
     * @param attempts how often it was tried
     */
    record Failure(String stage, ErrorCode code, String reason, int attempts) {}

    /**
     * Records passed that were not shown.
     *
     * @param sampled because that is how it was asked for
     * @param behind because the reader was too slow
     */
    record Missed(long sampled, long behind) implements Event {}
}
