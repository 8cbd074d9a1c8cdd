package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ReservedTopics;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.Sink;
import io.millrace.spi.StreamLog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Appends results to topics of the log, which Kafka clients read. */
final class LogSink implements Sink {

    /** Templates may make many names; those of the least recent batches are asked for again. */
    private static final int MAX_KNOWN_TOPICS = 1_000;

    private final StreamLog log;
    private final Parking parking;
    private final boolean mayOwn;
    private final Set<String> knownTopics = new HashSet<>();

    private LogSink(StreamLog log, Parking parking, boolean mayOwn) {
        this.log = log;
        this.parking = parking;
        this.mayOwn = mayOwn;
    }

    /** To topics that users name: those of Millrace itself are refused. */
    static LogSink toFreeTopics(StreamLog log, Parking parking) {
        return new LogSink(log, parking, false);
    }

    /** To topics that Millrace names. */
    static LogSink toOwnTopics(StreamLog log, Parking parking) {
        return new LogSink(log, parking, true);
    }

    @Override
    public List<ItemFailure> write(List<OutputRecord> batch) {
        var failures = new ArrayList<ItemFailure>();
        var appends = new PendingAppends(log, parking, batch.size());
        for (int i = 0; i < batch.size(); i++) {
            OutputRecord output = batch.get(i);
            if (ensureTopic(output.destination(), i, failures)) {
                appends.append(i, outgoing(output));
            }
        }
        appends.await();
        for (int i = 0; i < batch.size(); i++) {
            MillraceException failure = appends.failure(i);
            if (failure != null) {
                failures.add(new ItemFailure(i, failure.code(), failure.text()));
            }
        }
        return failures;
    }

    private boolean ensureTopic(String topic, int index, List<ItemFailure> failures) {
        if (knownTopics.contains(topic)) {
            return true;
        }
        Optional<String> problem = ReservedTopics.problem(topic);
        if (!mayOwn && problem.isPresent()) {
            failures.add(new ItemFailure(index, ErrorCode.DENIED, problem.get()));
            return false;
        }
        try {
            log.ensureTopics(Set.of(topic));
        } catch (MillraceException e) {
            failures.add(new ItemFailure(index, e.code(), e.text()));
            return false;
        }
        if (knownTopics.size() >= MAX_KNOWN_TOPICS) {
            knownTopics.clear();
        }
        knownTopics.add(topic);
        return true;
    }

    private static OutgoingRecord outgoing(OutputRecord output) {
        return new OutgoingRecord(
                output.destination(),
                output.key(),
                output.value(),
                output.headers(),
                output.timestampMillis());
    }

    @Override
    public void close() {
        knownTopics.clear();
    }
}
