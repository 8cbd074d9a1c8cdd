package io.millrace.api;

import java.time.Duration;

/**
 * How calls of a model are put together.
 *
 * @param maxBatchSize the most items of one engine call
 * @param maxDelay how long a call may wait for others to share an engine call with; zero takes what
 *     is queued and never waits
 * @param maxQueuedItems the most items of one version that may wait; more are refused at once
 * @param workers the most engine calls of one version at the same time; 0 for as many as the
 *     machine has cores
 */
public record BatchingSpec(int maxBatchSize, Duration maxDelay, int maxQueuedItems, int workers) {

    /** 64 items, no delay, 4,096 waiting, all cores. */
    public static final BatchingSpec STANDARD = new BatchingSpec(64, Duration.ZERO, 4096, 0);

    /** The same with another size of batches. */
    public BatchingSpec withMaxBatchSize(int size) {
        return new BatchingSpec(size, maxDelay, maxQueuedItems, workers);
    }

    /** The same with another delay. */
    public BatchingSpec withMaxDelay(Duration delay) {
        return new BatchingSpec(maxBatchSize, delay, maxQueuedItems, workers);
    }

    /** The same with another queue. */
    public BatchingSpec withMaxQueuedItems(int items) {
        return new BatchingSpec(maxBatchSize, maxDelay, items, workers);
    }
}
