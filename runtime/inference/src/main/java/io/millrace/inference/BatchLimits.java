package io.millrace.inference;

import io.millrace.api.BatchingSpec;
import java.time.Duration;

/**
 * Limits of one version's batches.
 *
 * @param maxItems the most rows of one engine call
 * @param maxDelayNanos how long a call may wait for others; 0 takes what is there
 * @param maxQueuedItems the most rows waiting
 * @param workers the most engine calls at once
 * @param cores what workers are when the declaration does not say
 */
record BatchLimits(int maxItems, long maxDelayNanos, int maxQueuedItems, int workers, int cores) {

    /** No call waits longer than this for company, whatever is declared. */
    private static final Duration LONGEST_DELAY = Duration.ofHours(1);

    /** What is declared, made to make sense. */
    static BatchLimits of(BatchingSpec spec, int cores) {
        Duration delay = spec.maxDelay();
        Duration most = delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
        return new BatchLimits(
                Math.max(1, spec.maxBatchSize()),
                Math.max(0, most.toNanos()),
                Math.max(1, spec.maxQueuedItems()),
                spec.workers() > 0 ? spec.workers() : Math.max(1, cores),
                cores);
    }

    /** A new declaration on the same machine. */
    BatchLimits with(BatchingSpec spec) {
        return of(spec, cores);
    }

    /** The same for when nobody comes any more whom one could wait for. */
    BatchLimits withoutDelay() {
        return new BatchLimits(maxItems, 0, maxQueuedItems, workers, cores);
    }
}
