package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutputRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the answers of one output look like.
 *
 * @param label for people: {@code output kafka/results}
 * @param address where they go
 * @param headers of the task
 * @param answers of the task
 * @param isForKafkaClients whether headers that only Millrace sets are left out
 * @param isKeyed whether they carry the key of their request
 */
record OutputForm(
        String label,
        Address address,
        OutputHeaders headers,
        SliceAnswers answers,
        boolean isForKafkaClients,
        boolean isKeyed) {

    /** The output of an item; null when it has none, with the reason among the verdicts. */
    @Nullable OutputRecord of(Batch batch, int item, Verdicts verdicts) {
        LogRecord record = batch.recordOf(item);
        try {
            String asked = address.asked(record);
            return new OutputRecord(
                    asked == null ? address.declared(record, answers.at(batch, item)) : asked,
                    isKeyed ? record.key() : null,
                    batch.payload(item),
                    headers.of(batch, item, isForKafkaClients),
                    record.timestampMillis(),
                    asked != null,
                    record.partition(),
                    record.offset());
        } catch (MillraceException e) {
            verdicts.failed(item, e.code(), e.text());
            return null;
        }
    }
}
