package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.OutputRecord;
import io.millrace.spi.PipelineState;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts the answers and dead letters of a slice into one transaction of the log, together with the
 * position in the input: readers see all of it or nothing.
 *
 * <p>The transaction begins when all that is to be written is known, so it is open for as long as
 * the log takes and no longer. When an append fails, all is taken back and written again without
 * the records that are to blame; they become dead letters in the same transaction as the rest. So
 * it is when members of the group come or go in between. What else goes wrong with the transaction
 * itself ends the task: the next one begins with what is committed.
 *
 * <p>Hot path.
 */
final class TransactedDelivery implements AutoCloseable {

    static final String LABEL = "transaction";

    private final LogTransactor transactor;
    private final List<TransactedOutput> outputs;
    private final DeadLetters letters;
    private final TaskControl control;
    private final PipelineMeters meters;
    private final boolean keepsLetters;
    private final PendingAppends appends;
    private final Backoff letterWaits = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(5));
    private final @Nullable OutgoingRecord[][] ready;
    private final BitSet withoutPayload = new BitSet();

    /** For each append of the transaction its item, and behind those the records of letters. */
    private int[] subjects = new int[64];

    /** Where the appends of each output begin; the last one is where the letters do. */
    private final int[] starts;

    private int appended;

    /**
     * For one task, which closes the transactor.
     *
     * @param keepsLetters whether records that fail are kept; else they are dropped and counted
     */
    TransactedDelivery(
            LogTransactor transactor,
            List<TransactedOutput> outputs,
            DeadLetters letters,
            boolean keepsLetters,
            TaskControl control,
            PipelineMeters meters,
            Parking parking) {
        this.transactor = transactor;
        this.outputs = List.copyOf(outputs);
        this.letters = letters;
        this.keepsLetters = keepsLetters;
        this.control = control;
        this.meters = meters;
        this.appends = new PendingAppends(transactor::append, parking);
        this.ready = new OutgoingRecord[outputs.size()][64];
        this.starts = new int[outputs.size() + 1];
    }

    /** How many outputs an answer goes to. */
    int outputs() {
        return outputs.size();
    }

    /**
     * Delivers a slice; when it returns, all of it is durable.
     *
     * @param next where the input goes on
     * @throws MillraceException when the transaction failed as such: the task must begin anew
     */
    void deliver(
            Batch batch,
            Verdicts verdicts,
            Attempts attempts,
            LogConsumer consumer,
            Map<LogPartition, Long> next) {
        for (int i = 0; i < ready.length; i++) {
            prepare(i, batch, verdicts, attempts);
        }
        verdicts.start(batch.size());
        int dropped = 0;
        boolean isCommitted = false;
        while (!isCommitted) {
            control.failOnAbort();
            transactor.begin();
            appendAll(batch);
            control.failOnAbort();
            if (hasFailures()) {
                transactor.abort();
                settle(batch, verdicts, attempts);
            } else {
                // Counted ahead: when the answer to the commit is lost, nobody would do it any
                // more.
                dropped = countDropped(batch, dropped);
                isCommitted = transactor.commit(consumer, next);
            }
        }
        clear();
    }

    private int countDropped(Batch batch, int counted) {
        int dropped = keepsLetters ? 0 : batch.failedCount();
        meters.dropped().add(dropped - counted);
        return dropped;
    }

    /** Finds out where each item goes, and whether it may. */
    private void prepare(int output, Batch batch, Verdicts verdicts, Attempts attempts) {
        if (ready[output].length < batch.size()) {
            ready[output] = new OutgoingRecord[Math.max(batch.size(), 2 * ready[output].length)];
        }
        OutputForm form = outputs.get(output).form();
        verdicts.start(batch.size());
        attempts.start(batch);
        while (attempts.count() > 0) {
            int[] pending = attempts.pending();
            for (int i = 0; i < attempts.count(); i++) {
                prepare(output, batch, pending[i], verdicts);
            }
            attempts.settle(batch, verdicts, form.label());
        }
    }

    private void prepare(int output, Batch batch, int item, Verdicts verdicts) {
        OutputRecord made = outputs.get(output).form().of(batch, item, verdicts);
        if (made == null) {
            return;
        }
        try {
            outputs.get(output).topics().require(made.destination(), made.isAskedFor());
            ready[output][item] = LogSink.outgoing(made);
            verdicts.sent(item, made.value());
        } catch (MillraceException e) {
            Outlet.verdict(item, e.code(), e.text(), verdicts);
        }
    }

    private void appendAll(Batch batch) {
        int most = batch.size() * ready.length + batch.failedCount();
        if (subjects.length < most) {
            subjects = new int[Math.max(most, 2 * subjects.length)];
        }
        appends.start(most);
        appended = 0;
        for (int output = 0; output < ready.length; output++) {
            starts[output] = appended;
            for (int item = 0; item < batch.size(); item++) {
                OutgoingRecord record = ready[output][item];
                if (record != null && batch.isLive(item)) {
                    append(item, record);
                }
            }
        }
        starts[ready.length] = appended;
        if (keepsLetters && batch.failedCount() > 0) {
            appendLetters(batch);
        }
        appends.await();
    }

    private void appendLetters(Batch batch) {
        for (int record = 0; record < batch.recordCount(); record++) {
            Failure failure = batch.failure(record);
            if (failure != null) {
                OutgoingRecord letter = letters.letter(batch.record(record), failure);
                append(
                        record,
                        withoutPayload.get(record) ? DeadLetters.withoutPayload(letter) : letter);
            }
        }
    }

    private void append(int subject, OutgoingRecord record) {
        subjects[appended] = subject;
        appends.append(appended, record);
        appended++;
    }

    private boolean hasFailures() {
        for (int i = 0; i < appended; i++) {
            if (appends.failure(i) != null) {
                return true;
            }
        }
        return false;
    }

    /** Gives up those that are to blame; when there are none, waits before all is tried again. */
    private void settle(Batch batch, Verdicts verdicts, Attempts attempts) {
        boolean isBlamed = false;
        for (int i = 0; i < appended; i++) {
            MillraceException failure = appends.failure(i);
            if (failure != null && failure.code() == ErrorCode.CONFLICT) {
                throw failure;
            }
            isBlamed |= failure != null && !Outlet.isPassing(failure.code());
        }
        for (int output = 0; output < ready.length; output++) {
            settle(output, isBlamed, batch, verdicts, attempts);
        }
        settleLetters(isBlamed);
    }

    private void settle(
            int output, boolean isBlamed, Batch batch, Verdicts verdicts, Attempts attempts) {
        attempts.start(batch);
        for (int i = starts[output]; i < starts[output + 1]; i++) {
            int item = subjects[i];
            MillraceException failure = appends.failure(i);
            if (failure == null || (isBlamed && Outlet.isPassing(failure.code()))) {
                // Failed only because another one spoilt the transaction.
                verdicts.sent(item, batch.payload(item));
            } else {
                Outlet.verdict(item, failure.code(), failure.text(), verdicts);
            }
        }
        attempts.settle(batch, verdicts, outputs.get(output).form().label());
    }

    private void settleLetters(boolean isBlamed) {
        boolean mustWait = false;
        for (int i = starts[ready.length]; i < appended; i++) {
            MillraceException failure = appends.failure(i);
            if (failure == null || (isBlamed && Outlet.isPassing(failure.code()))) {
                continue;
            }
            control.report(new PipelineState.Failing(DeadLetters.LABEL + ": " + failure.text()));
            if (failure.code() == ErrorCode.TOO_LARGE && !withoutPayload.get(subjects[i])) {
                withoutPayload.set(subjects[i]);
            } else {
                mustWait = true;
            }
        }
        if (mustWait) {
            control.pause(letterWaits.next());
        }
    }

    private void clear() {
        for (@Nullable OutgoingRecord[] each : ready) {
            Arrays.fill(each, null);
        }
        withoutPayload.clear();
        letterWaits.reset();
    }

    /** The transactor is its owner's. */
    @Override
    public void close() {
        var closing = new Closing();
        outputs.forEach(output -> closing.close(output.topics()));
        closing.rethrow();
    }
}
