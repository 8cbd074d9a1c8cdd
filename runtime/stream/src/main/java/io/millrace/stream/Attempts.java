package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.PipelineSpec.ErrorPolicy;
import io.millrace.spi.PipelineState;
import java.time.Duration;

/**
 * Who is tried again, when, and who is given up: the error policy of a pipeline over the items of
 * one stage or sink.
 *
 * <p>An item whose failure may pass is tried as often as declared, with waits that double. An item
 * that must wait for something else is tried until that is there, or the task has to stop.
 */
final class Attempts {

    /** Of waits in a row for what somebody has to mend, until that is taken to be the case. */
    private static final int HOPELESS = 3;

    private static final Duration FIRST_WAIT = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

    private final ErrorPolicy policy;
    private final TaskControl control;
    private final PipelineMeters meters;
    private final Backoff waits = new Backoff(FIRST_WAIT, LONGEST_WAIT);
    private final Trails trails = new Trails();
    private int[] pending = new int[64];
    private int count;
    private int vainWaits;

    Attempts(ErrorPolicy policy, TaskControl control, PipelineMeters meters) {
        this.policy = policy;
        this.control = control;
        this.meters = meters;
    }

    /** All items of the batch whose records have not failed. */
    void start(Batch batch) {
        if (pending.length < batch.size()) {
            pending = new int[Math.max(batch.size(), 2 * pending.length)];
        }
        count = 0;
        for (int item = 0; item < batch.size(); item++) {
            if (batch.isLive(item)) {
                pending[count++] = item;
            }
        }
        waits.reset();
        vainWaits = 0;
    }

    int[] pending() {
        return pending;
    }

    int count() {
        return count;
    }

    /**
     * Keeps those that are to be tried again, gives up those that are not, and pauses when some are
     * left.
     */
    void settle(Batch batch, Verdicts verdicts, String stage) {
        control.failOnAbort();
        int kept = 0;
        int mostAttempts = 0;
        int waiting = -1;
        for (int i = 0; i < count; i++) {
            int item = pending[i];
            ErrorCode code = verdicts.code(item);
            if (code == null || !batch.isLive(item)) {
                continue;
            }
            if (verdicts.isWaiting(item)) {
                waiting = item;
            } else if (code.isTransient() && verdicts.attempts(item) < policy.attempts()) {
                mostAttempts = Math.max(mostAttempts, verdicts.attempts(item));
            } else {
                giveUp(batch, item, code, verdicts, stage);
                continue;
            }
            pending[kept++] = item;
        }
        count = kept;
        if (count > 0) {
            meters.retried(stage, count);
            pause(verdicts, stage, waiting, mostAttempts);
        }
    }

    private void giveUp(Batch batch, int item, ErrorCode code, Verdicts verdicts, String stage) {
        int record = batch.origin(item);
        byte[] trail = trails.after(batch.trail(item), verdicts.step(item));
        batch.fail(
                record,
                new Failure(code, verdicts.reason(item), stage, verdicts.attempts(item), trail));
        meters.failed(stage, code);
    }

    private void pause(Verdicts verdicts, String stage, int waiting, int mostAttempts) {
        Duration pause = Duration.ZERO;
        if (waiting >= 0) {
            control.report(new PipelineState.Failing(stage + ": " + verdicts.reason(waiting)));
            ErrorCode code = verdicts.code(waiting);
            vainWaits = code == null || Outlet.isPassing(code) ? 0 : vainWaits + 1;
            if (vainWaits >= HOPELESS) {
                control.failUnlessPatient();
            }
            pause = waits.next();
        }
        if (mostAttempts > 0) {
            pause = longer(pause, backoff(mostAttempts));
        }
        control.pause(pause);
    }

    private Duration backoff(int attempts) {
        int doublings = Math.min(attempts - 1, 20);
        Duration doubled = policy.backoff().multipliedBy(1L << doublings);
        return doubled.compareTo(LONGEST_BACKOFF) < 0 ? doubled : LONGEST_BACKOFF;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
