package io.millrace.testkit;

import io.millrace.spi.OutgoingRecord;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * What goes wrong with an {@link InMemoryStreamLog}. Each is asked once per event, so that a seeded
 * one gives the same run again.
 *
 * @param losesAppend the record does not reach the log; its listener hears of a failure
 * @param losesAcknowledgement the record is in the log, but its listener hears of a failure
 * @param delaysCommit the commit is durable only with the member's next one, or when it closes or
 *     hands the partition over; lost when it crashes before
 * @param failsPoll the log cannot be reached by this poll
 */
public record LogFaults(
        Predicate<OutgoingRecord> losesAppend,
        Predicate<OutgoingRecord> losesAcknowledgement,
        BooleanSupplier delaysCommit,
        BooleanSupplier failsPoll) {

    /** Nothing goes wrong. */
    public static LogFaults none() {
        return new LogFaults(_ -> false, _ -> false, () -> false, () -> false);
    }

    public LogFaults losingAppends(Predicate<OutgoingRecord> when) {
        return new LogFaults(when, losesAcknowledgement, delaysCommit, failsPoll);
    }

    public LogFaults losingAcknowledgements(Predicate<OutgoingRecord> when) {
        return new LogFaults(losesAppend, when, delaysCommit, failsPoll);
    }

    public LogFaults delayingCommits(BooleanSupplier when) {
        return new LogFaults(losesAppend, losesAcknowledgement, when, failsPoll);
    }

    public LogFaults failingPolls(BooleanSupplier when) {
        return new LogFaults(losesAppend, losesAcknowledgement, delaysCommit, when);
    }
}
