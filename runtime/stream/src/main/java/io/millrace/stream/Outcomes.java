package io.millrace.stream;

/**
 * Counts what became of the records of a slice.
 *
 * <p>Hot path.
 */
final class Outcomes {

    private final PipelineMeters meters;
    private final boolean keepsLetters;

    /**
     * Of one task.
     *
     * @param keepsLetters whether records that fail are kept; else they are dropped
     */
    Outcomes(PipelineMeters meters, boolean keepsLetters) {
        this.meters = meters;
        this.keepsLetters = keepsLetters;
    }

    /**
     * All outputs are acknowledged.
     *
     * @param at when, in nanoseconds since the epoch
     * @param copies how many outputs each item went to
     */
    void finished(Batch batch, long at, int copies) {
        int written = 0;
        int answered = 0;
        int previous = -1;
        for (int item = 0; item < batch.size(); item++) {
            if (batch.isLive(item)) {
                written++;
                int record = batch.origin(item);
                if (record != previous) {
                    previous = record;
                    answered++;
                    meters.latency().record(at - ReceivedTime.nanos(batch.record(record)));
                }
            }
        }
        meters.outputs().add((long) written * copies);
        meters.answered().add(answered);
        meters.filtered().add(batch.recordCount() - answered - batch.failedCount());
        meters.batches().increment();
    }

    /** Those that failed are kept or dropped, as declared. */
    void failed(Batch batch) {
        (keepsLetters ? meters.deadLetters() : meters.dropped()).add(batch.failedCount());
    }
}
