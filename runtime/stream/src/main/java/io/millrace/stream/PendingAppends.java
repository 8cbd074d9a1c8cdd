package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.AppendListener;
import io.millrace.spi.OutgoingRecord;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Appends that are under way together. One thread begins and awaits them, the log's ends them; used
 * again from batch to batch.
 *
 * <p>Hot path: nothing is made per record, and the two threads share one counter only.
 */
final class PendingAppends {

    /** What takes the records: the log itself, or a transaction on it. */
    interface Target {
        void append(OutgoingRecord record, AppendListener listener);
    }

    private static final int NOBODY_WAITS = -1;

    private final Target target;
    private final Parking parking;
    private final AtomicInteger ended = new AtomicInteger();
    private Slot[] slots = new Slot[0];
    private int begun;
    private volatile Thread owner = Thread.currentThread();
    private volatile int awaited = NOBODY_WAITS;

    PendingAppends(Target target, Parking parking) {
        this.target = target;
        this.parking = parking;
    }

    /** The end of one append. Its fields are handed over by the counter. */
    private final class Slot implements AppendListener {

        private @Nullable MillraceException failure;

        @Override
        public void appended(@Nullable Exception problem) {
            if (problem != null) {
                failure = translated(problem);
            }
            if (ended.incrementAndGet() == awaited) {
                parking.unpark(owner);
            }
        }
    }

    private static MillraceException translated(Exception failure) {
        return failure instanceof MillraceException e
                ? e
                : new MillraceException(
                        ErrorCode.UNAVAILABLE,
                        "the log did not take the record: " + failure.getMessage(),
                        failure);
    }

    /** Makes ready for so many appends, after all before have been awaited. */
    void start(int size) {
        owner = Thread.currentThread();
        awaited = NOBODY_WAITS;
        ended.set(0);
        begun = 0;
        if (slots.length < size) {
            int known = slots.length;
            slots = Arrays.copyOf(slots, Math.max(size, 2 * known));
            for (int i = known; i < slots.length; i++) {
                slots[i] = new Slot();
            }
        }
        for (int i = 0; i < size; i++) {
            slots[i].failure = null;
        }
    }

    /** Starts an append; its verdict is kept under the index, which is below the size. */
    void append(int index, OutgoingRecord record) {
        begun++;
        try {
            target.append(record, slots[index]);
        } catch (MillraceException e) {
            slots[index].appended(e);
        }
    }

    /** Waits until every append has ended; the log promises that each does. */
    void await() {
        awaited = begun;
        while (ended.get() < begun) {
            parking.park();
        }
    }

    /** Why an append failed; null when the record is durable, or was never begun. */
    @Nullable MillraceException failure(int index) {
        return slots[index].failure;
    }
}
