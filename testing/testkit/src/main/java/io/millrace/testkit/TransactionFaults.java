package io.millrace.testkit;

import java.util.function.BooleanSupplier;

/**
 * What goes wrong with the transactions of an {@link InMemoryStreamLog}. Each is asked once per
 * event, so that a seeded one gives the same run again.
 *
 * @param failsBegin the transactor can do no more
 * @param losesCommit the commit does not reach the log, and nobody is told: the transaction stays
 *     open until its name is taken over or its time is up
 * @param losesAcknowledgement all is committed, but the writer does not hear of it
 * @param forgetsOffsets a log that breaks its promise: the records are committed, the offsets are
 *     not, and the writer does not hear of it
 * @param forgetsRecords a log that breaks its promise: the offsets are committed, the records are
 *     gone, and the writer is told that all is well
 * @param redistributes the group has a new generation: the commit with offsets says that all is to
 *     be written once more
 */
public record TransactionFaults(
        BooleanSupplier failsBegin,
        BooleanSupplier losesCommit,
        BooleanSupplier losesAcknowledgement,
        BooleanSupplier forgetsOffsets,
        BooleanSupplier forgetsRecords,
        BooleanSupplier redistributes) {

    /** Nothing goes wrong. */
    public static TransactionFaults none() {
        BooleanSupplier never = () -> false;
        return new TransactionFaults(never, never, never, never, never, never);
    }

    public TransactionFaults failingBegin(BooleanSupplier when) {
        return new TransactionFaults(
                when,
                losesCommit,
                losesAcknowledgement,
                forgetsOffsets,
                forgetsRecords,
                redistributes);
    }

    public TransactionFaults losingCommits(BooleanSupplier when) {
        return new TransactionFaults(
                failsBegin,
                when,
                losesAcknowledgement,
                forgetsOffsets,
                forgetsRecords,
                redistributes);
    }

    public TransactionFaults losingAcknowledgements(BooleanSupplier when) {
        return new TransactionFaults(
                failsBegin, losesCommit, when, forgetsOffsets, forgetsRecords, redistributes);
    }

    public TransactionFaults forgettingOffsets(BooleanSupplier when) {
        return new TransactionFaults(
                failsBegin, losesCommit, losesAcknowledgement, when, forgetsRecords, redistributes);
    }

    public TransactionFaults forgettingRecords(BooleanSupplier when) {
        return new TransactionFaults(
                failsBegin, losesCommit, losesAcknowledgement, forgetsOffsets, when, redistributes);
    }

    public TransactionFaults redistributing(BooleanSupplier when) {
        return new TransactionFaults(
                failsBegin,
                losesCommit,
                losesAcknowledgement,
                forgetsOffsets,
                forgetsRecords,
                when);
    }
}
