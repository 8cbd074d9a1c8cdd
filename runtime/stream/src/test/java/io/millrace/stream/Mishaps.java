package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.FunctionMessage;
import io.millrace.spi.FunctionResult;
import io.millrace.spi.ItemFailure;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.testkit.DeliveryOracle;
import io.millrace.testkit.TransactionFaults;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * What goes wrong in a {@link Simulation}, and how many outputs may come twice for it. The order in
 * which it asks for random numbers belongs to the seeds: another order makes other lives of them.
 */
final class Mishaps {

    private final RandomGenerator random;

    /** Of its own, so that seeds of old give what they gave. */
    private final RandomGenerator distributions;

    private final String outputTopic;
    private final int maxRecords;
    private final Map<Long, Integer> functionFailures = new HashMap<>();
    private long mostDuplicates;
    private boolean isCalm;

    /** What a crash looks like from inside. */
    static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Crash() {
            super("simulated", null, false, false);
        }
    }

    Mishaps(
            RandomGenerator random,
            RandomGenerator distributions,
            String outputTopic,
            int maxRecords) {
        this.random = random;
        this.distributions = distributions;
        this.outputTopic = outputTopic;
        this.maxRecords = maxRecords;
    }

    /** From now on nothing goes wrong. */
    void end() {
        isCalm = true;
    }

    boolean areOver() {
        return isCalm;
    }

    /** So many outputs may come once more. */
    void repeats(long outputs) {
        mostDuplicates += outputs;
    }

    long mostDuplicates() {
        return mostDuplicates;
    }

    TransactionFaults transactionFaults() {
        return TransactionFaults.none()
                .failingBegin(() -> {
                    mayCrash();
                    return happens(0.02);
                })
                .losingCommits(() -> {
                    mayCrash();
                    return happens(0.04);
                })
                .losingAcknowledgements(() -> happens(0.06))
                .redistributing(() -> distributions.nextDouble() < 0.05);
    }

    boolean happens(double probability) {
        return !isCalm && random.nextDouble() < probability;
    }

    void mayCrash() {
        if (happens(0.01)) {
            throw new Crash();
        }
    }

    boolean losesAppend(OutgoingRecord record) {
        boolean isLost = happens(0.1);
        if (isLost && record.topic().equals(outputTopic)) {
            // Those of its key that follow it in the batch are written again.
            mostDuplicates += maxRecords - 1;
        }
        return isLost;
    }

    boolean losesAcknowledgement(OutgoingRecord record) {
        boolean isLost = happens(0.1);
        if (isLost && !record.topic().equals(Plans.INPUT)) {
            mostDuplicates += record.topic().equals(outputTopic) ? maxRecords : 1;
        }
        return isLost;
    }

    boolean delaysCommit() {
        mayCrash();
        return happens(0.2);
    }

    boolean failsPoll() {
        mayCrash();
        return happens(0.05);
    }

    void mayBeAway(String what) {
        mayCrash();
        if (happens(0.2)) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, what + " is away");
        }
    }

    /** A sink that breaks takes nothing behind the place where it broke. */
    List<ItemFailure> sinkVerdict(List<OutputRecord> batch) {
        mayBeAway("sink");
        if (!happens(0.2)) {
            return List.of();
        }
        var failures = new ArrayList<ItemFailure>();
        for (int i = random.nextInt(batch.size()); i < batch.size(); i++) {
            failures.add(new ItemFailure(i, ErrorCode.UNAVAILABLE, "connection lost"));
        }
        return failures;
    }

    void afterSinkWrite(List<OutputRecord> batch) {
        mayCrash();
        if (happens(0.05)) {
            mostDuplicates += batch.size();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "acknowledgement lost");
        }
    }

    /** Verdicts depend on the record only, so that a second run comes to the same end. */
    FunctionResult function(FunctionMessage message) {
        mayCrash();
        if (happens(0.02)) {
            return new FunctionResult.Failed(ErrorCode.UNAVAILABLE, "worker is restarting");
        }
        long number = DeliveryOracle.numberOf(message.payload());
        if (number % 11 == 3) {
            return new FunctionResult.Failed(ErrorCode.USER_CODE, "always fails on this");
        }
        int failures = functionFailures.merge(number, 1, Integer::sum);
        if (number % 7 == 2 && failures < 3) {
            return new FunctionResult.Failed(
                    failures == 1 ? ErrorCode.TIMEOUT : ErrorCode.USER_CODE, "fails at first");
        }
        return new FunctionResult.Sent(List.of(message.payload()));
    }
}
