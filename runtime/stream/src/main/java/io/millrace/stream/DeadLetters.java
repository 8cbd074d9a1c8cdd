package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.PipelineState;
import io.millrace.spi.StreamLog;
import io.millrace.stream.dead.Origin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Keeps what was given up, with the reason; returns only when the log has it. */
final class DeadLetters {

    static final String LABEL = "dead letters";

    private static final int MAX_REASON_LENGTH = 2_000;

    private final PendingAppends appends;
    private final TimeSource time;
    private final TaskControl control;
    private final OutputHeaders headers;
    private final String topic;

    /**
     * Those of one task.
     *
     * @param headers of its outputs, ready for each batch that is kept
     * @param topic of the log that takes them
     */
    DeadLetters(
            StreamLog log,
            Parking parking,
            TimeSource time,
            TaskControl control,
            OutputHeaders headers,
            String topic) {
        this.appends = new PendingAppends(log::append, parking);
        this.time = time;
        this.control = control;
        this.headers = headers;
        this.topic = topic;
    }

    /** Keeps every failed record of a batch; tries until the log takes them. */
    void keep(Batch batch) {
        var letters = new ArrayList<OutgoingRecord>(batch.failedCount());
        for (int i = 0; i < batch.recordCount(); i++) {
            Failure failure = batch.failure(i);
            if (failure != null) {
                letters.add(letter(batch.record(i), failure));
            }
        }
        var waits = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(5));
        while (true) {
            appendAll(letters);
            if (letters.isEmpty()) {
                return;
            }
            control.pause(waits.next());
        }
    }

    /** Removes from the list what the log has taken. */
    private void appendAll(List<OutgoingRecord> letters) {
        appends.start(letters.size());
        for (int i = 0; i < letters.size(); i++) {
            appends.append(i, letters.get(i));
        }
        appends.await();
        control.failOnAbort();
        var left = new ArrayList<OutgoingRecord>();
        for (int i = 0; i < letters.size(); i++) {
            MillraceException failure = appends.failure(i);
            if (failure != null) {
                control.report(new PipelineState.Failing(LABEL + ": " + failure.text()));
                left.add(
                        failure.code() == ErrorCode.TOO_LARGE
                                ? withoutPayload(letters.get(i))
                                : letters.get(i));
            }
        }
        letters.clear();
        letters.addAll(left);
    }

    /** The headers made it too large for the log; where the payload stands is among them. */
    static OutgoingRecord withoutPayload(OutgoingRecord letter) {
        var headers = new ArrayList<>(letter.headers());
        headers.add(Header.of(HeaderNames.DEAD_WITHOUT_PAYLOAD, "true"));
        return new OutgoingRecord(
                letter.topic(), letter.key(), new byte[0], headers, letter.timestampMillis());
    }

    /** What is kept of a failed record. */
    OutgoingRecord letter(LogRecord record, Failure failure) {
        long now = time.epochMillis();
        List<Header> all = Origin.ownHeaders(record);
        int attempts = failure.attempts() + Origin.attempts(record);
        all.add(Header.of(HeaderNames.DEAD_REASON, shortened(failure.reason())));
        all.add(Header.of(HeaderNames.DEAD_CODE, failure.code().name()));
        all.add(Header.of(HeaderNames.DEAD_STAGE, failure.stage()));
        all.add(Header.of(HeaderNames.DEAD_ATTEMPTS, Integer.toString(attempts)));
        all.add(Header.of(HeaderNames.DEAD_POSITION, Origin.position(record)));
        all.add(Header.of(HeaderNames.DEAD_AT, Long.toString(now)));
        all.add(Header.of(HeaderNames.ORIGIN_TIME, Long.toString(Origin.timestampMillis(record))));
        all.add(new Header(HeaderNames.PROVENANCE, headers.provenance(record, failure.trail())));
        // Dated now: the log forgets by date, and an old record has just become a letter.
        return new OutgoingRecord(topic, record.key(), record.value(), all, now);
    }

    private static String shortened(String reason) {
        return reason.length() <= MAX_REASON_LENGTH
                ? reason
                : reason.substring(0, MAX_REASON_LENGTH) + "…";
    }
}
