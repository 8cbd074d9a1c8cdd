package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.List;

/** Appends results to topics of the log, which Kafka clients read. */
final class LogSink implements Sink {

    private final LogTopics topics;
    private final PendingAppends appends;

    private LogSink(LogTopics topics, StreamLog log, Parking parking) {
        this.topics = topics;
        this.appends = new PendingAppends(log::append, parking);
    }

    /** To the topics of an output, of which requests may name some. */
    static LogSink to(LogTopics topics, StreamLog log, Parking parking) {
        return new LogSink(topics, log, parking);
    }

    /** To topics that Millrace names. */
    static LogSink toOwnTopics(StreamLog log, Parking parking) {
        return new LogSink(LogTopics.own(log), log, parking);
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        var failures = new ArrayList<ItemFailure>(0);
        int size = batch.size();
        appends.start(size);
        for (int i = 0; i < size; i++) {
            OutputRecord output = batch.get(i);
            try {
                topics.require(output.destination(), output.isAskedFor());
                appends.append(i, outgoing(output));
            } catch (MillraceException e) {
                failures.add(new ItemFailure(i, e.code(), e.text()));
            }
        }
        appends.await();
        for (int i = 0; i < size; i++) {
            MillraceException failure = appends.failure(i);
            if (failure != null) {
                failures.add(new ItemFailure(i, failure.code(), failure.text()));
            }
        }
        return failures;
    }

    static OutgoingRecord outgoing(OutputRecord output) {
        return new OutgoingRecord(
                output.destination(),
                output.key(),
                output.value(),
                output.headers(),
                output.timestampMillis());
    }

    /** The log is its owner's. */
    @Override
    public void close() {
        topics.close();
    }
}
