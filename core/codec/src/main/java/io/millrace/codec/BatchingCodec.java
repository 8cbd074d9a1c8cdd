package io.millrace.codec;

import io.millrace.api.BatchingSpec;
import io.millrace.codec.Node.MapNode;
import java.time.Duration;

/** How calls of a model are put together. */
final class BatchingCodec {

    private static final int MAX_BATCH_SIZE = 65_536;
    private static final int MAX_QUEUED_ITEMS = 10_000_000;
    private static final int MAX_WORKERS = 1_024;
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    private BatchingCodec() {}

    static BatchingSpec read(Value value) {
        BatchingSpec standard = BatchingSpec.STANDARD;
        if (!value.isPresent()) {
            return standard;
        }
        Fields fields = value.fields();
        var batching =
                new BatchingSpec(
                        number(
                                fields.optional("maxBatchSize"),
                                standard.maxBatchSize(),
                                1,
                                MAX_BATCH_SIZE),
                        fields.optional("maxDelay")
                                .duration(standard.maxDelay(), Duration.ZERO, LONGEST_DELAY),
                        number(
                                fields.optional("maxQueuedItems"),
                                standard.maxQueuedItems(),
                                1,
                                MAX_QUEUED_ITEMS),
                        number(fields.optional("workers"), standard.workers(), 0, MAX_WORKERS));
        fields.rejectUnknown();
        return batching;
    }

    private static int number(Value value, int otherwise, int least, int most) {
        return value.isPresent() ? value.integer(least, most) : otherwise;
    }

    static MapNode write(BatchingSpec batching) {
        return Node.map()
                .put("maxBatchSize", batching.maxBatchSize())
                .put("maxDelay", Durations.format(batching.maxDelay()))
                .put("maxQueuedItems", batching.maxQueuedItems())
                .put("workers", batching.workers())
                .build();
    }
}
