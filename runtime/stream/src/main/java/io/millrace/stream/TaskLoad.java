package io.millrace.stream;

import io.millrace.spi.LogRecord;
import java.util.List;

/**
 * What a task has in its hands, for those who decide how many tasks there should be. Written by the
 * task's thread once or twice for a batch, read by others at any time: each number is right, all of
 * them together only nearly.
 */
final class TaskLoad {

    private volatile int unfinished;
    private volatile int inWork;
    private volatile long oldestMillis;
    private volatile long busySince;
    private volatile boolean isBusy;
    private volatile long busyNanos;

    /** Of the one thread that looks from outside. */
    private long busyNanosSeen;

    // ---- from the task's thread

    /** Records came out of a poll. */
    void begin(List<LogRecord> polled, long now) {
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < polled.size(); i++) {
            oldest = Math.min(oldest, polled.get(i).timestampMillis());
        }
        oldestMillis = oldest;
        unfinished = polled.size();
        busySince = now;
        isBusy = true;
    }

    /** So many of them are worked on. */
    void work(int records) {
        inWork = records;
    }

    /** What was worked on is finished. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void worked() {
        unfinished -= inWork;
        inWork = 0;
    }

    /** All are finished, or left to the next owner. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void end(long now) {
        if (isBusy) {
            isBusy = false;
            busyNanos += now - busySince;
        }
        unfinished = 0;
        inWork = 0;
    }

    // ---- from outside

    /** Records that it has and does not work on yet. */
    long waiting() {
        return Math.max(0, unfinished - inWork);
    }

    int inWork() {
        return inWork;
    }

    /** How old the oldest record is that it has; 0 when it has none. */
    long ageMillis(long epochMillis) {
        return isBusy ? Math.max(0, epochMillis - oldestMillis) : 0;
    }

    boolean isBusy() {
        return isBusy;
    }

    /** How long it has worked since the last call of this. For one thread. */
    long takeBusyNanos(long now) {
        long sum = busyNanos;
        if (isBusy) {
            sum += Math.max(0, now - busySince);
        }
        long since = Math.max(0, sum - busyNanosSeen);
        busyNanosSeen = sum;
        return since;
    }
}
