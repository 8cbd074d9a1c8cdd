package io.millrace.codec.kserve;

import io.millrace.api.BatchingSpec;
import io.millrace.api.BucketConnection;
import io.millrace.codec.Value;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A predictor as it was read.
 *
 * @param framework the engine's name; empty when it was refused, which has been noted then
 * @param format where the framework is named
 * @param address of the model; empty when it was refused
 * @param place where the address is written
 * @param store that the address is in
 * @param settings how calls are put together
 * @param canaryPercent the share of this version, if one is written
 * @param canary a version that is tried out beside this one, if there is one
 */
record Predictor(
        String framework,
        Value format,
        String address,
        Value place,
        Optional<BucketConnection> store,
        CallSettings settings,
        Percent canaryPercent,
        Optional<Value> canary) {

    /**
     * A share in percent.
     *
     * @param share empty when none is written
     * @param place where it is or could be
     */
    record Percent(OptionalInt share, Value place) {
        static Percent of(Value value) {
            return new Percent(
                    value.isPresent() ? OptionalInt.of(value.integer(0, 100)) : OptionalInt.empty(),
                    value);
        }
    }

    /**
     * How calls are put together.
     *
     * @param batchSize empty when no batcher is declared
     * @param delay of a batch
     * @param workers the most calls of the engine at the same time; 0 for no limit
     */
    record CallSettings(OptionalInt batchSize, Duration delay, int workers) {

        /** Whether nothing is declared. */
        boolean isStandard() {
            return batchSize.isEmpty() && workers == 0;
        }

        /** What is declared, over the standard; the queue stays as somebody may have set it. */
        BatchingSpec over(BatchingSpec now) {
            BatchingSpec standard = BatchingSpec.STANDARD;
            return new BatchingSpec(
                    batchSize.orElse(standard.maxBatchSize()),
                    batchSize.isPresent() ? delay : standard.maxDelay(),
                    now.maxQueuedItems(),
                    workers);
        }
    }
}
