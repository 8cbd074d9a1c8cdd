package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Appends of one batch that are under way together. */
final class PendingAppends {

    private final StreamLog log;
    private final Parking parking;
    private final Thread owner = Thread.currentThread();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicReferenceArray<@Nullable MillraceException> failures;

    PendingAppends(StreamLog log, Parking parking, int size) {
        this.log = log;
        this.parking = parking;
        this.failures = new AtomicReferenceArray<>(size);
    }

    /** Starts an append; its verdict is kept under the index. */
    void append(int index, OutgoingRecord record) {
        open.incrementAndGet();
        try {
            log.append(record, failure -> ended(index, failure));
        } catch (MillraceException e) {
            ended(index, e);
        }
    }

    private void ended(int index, @Nullable Exception failure) {
        failures.set(
                index,
                switch (failure) {
                    case null -> null;
                    case MillraceException e -> e;
                    default ->
                            new MillraceException(
                                    ErrorCode.UNAVAILABLE,
                                    "the log did not take the record: " + failure.getMessage(),
                                    failure);
                });
        if (open.decrementAndGet() == 0) {
            parking.unpark(owner);
        }
    }

    /** Waits until every append has ended; the log promises that each does. */
    void await() {
        while (open.get() > 0) {
            parking.park();
        }
    }

    /** Why an append failed; null when the record is durable. */
    @Nullable MillraceException failure(int index) {
        return failures.get(index);
    }
}
