package io.millrace.inference;

import io.millrace.spi.Meters;

/** What is counted about the engine calls of one version. */
record BatchMeters(
        Meters.Count batches,
        Meters.Count items,
        Meters.Timing engineTime,
        Meters.Timing queueTime) {

    static BatchMeters of(Meters meters, String... labels) {
        return new BatchMeters(
                meters.count("millrace_model_batches_total", "Engine calls of a model.", labels),
                meters.count(
                        "millrace_model_batch_items_total",
                        "Rows that went through engine calls; divided by the calls, the batch size.",
                        labels),
                meters.timing(
                        "millrace_model_engine_seconds", "Duration of an engine call.", labels),
                meters.timing(
                        "millrace_model_queue_seconds",
                        "How long a call waited for its engine call.",
                        labels));
    }
}
