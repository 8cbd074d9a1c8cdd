package io.millrace.inference;

import io.millrace.spi.Meters;

/**
 * What is counted about the engine calls of one version.
 *
 * @param batches engine calls
 * @param items rows of all engine calls
 * @param sizes rows of each engine call
 * @param engineTime how long engine calls take
 * @param queueTime how long calls wait for theirs
 * @param expired calls whose deadline came before their engine call
 * @param cancelled calls given up by their callers before their engine call
 */
record BatchMeters(
        Meters.Count batches,
        Meters.Count items,
        Meters.Sizes sizes,
        Meters.Timing engineTime,
        Meters.Timing queueTime,
        Meters.Count expired,
        Meters.Count cancelled) {

    static BatchMeters of(Meters meters, String... labels) {
        return new BatchMeters(
                meters.count("millrace_model_batches_total", "Engine calls of a model.", labels),
                meters.count(
                        "millrace_model_batch_items_total",
                        "Rows that went through engine calls; divided by the calls, the batch size.",
                        labels),
                meters.sizes("millrace_model_batch_size", "Rows of an engine call.", labels),
                meters.timing(
                        "millrace_model_engine_seconds", "Duration of an engine call.", labels),
                meters.timing(
                        "millrace_model_queue_seconds",
                        "How long a call waited for its engine call.",
                        labels),
                meters.count(
                        "millrace_model_expired_total",
                        "Calls whose deadline came while they waited for their engine call.",
                        labels),
                meters.count(
                        "millrace_model_cancelled_total",
                        "Calls that their callers gave up while they waited for their engine call.",
                        labels));
    }

    /** Counts one engine call. */
    void called(int rows, long nanos) {
        batches.increment();
        items.add(rows);
        sizes.record(rows);
        engineTime.record(nanos);
    }
}
