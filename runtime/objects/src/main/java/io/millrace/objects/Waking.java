package io.millrace.objects;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Lets a thread wait for a while, until others have something for it. */
final class Waking {

    private final Semaphore calls = new Semaphore(0);

    /** Ends the present wait, or the next one. */
    void call() {
        calls.release();
    }

    /**
     * Waits.
     *
     * @throws MillraceException {@code UNAVAILABLE} when the thread is interrupted
     */
    void await(Duration most) {
        try {
            var _ = calls.tryAcquire(most.toMillis(), TimeUnit.MILLISECONDS);
            calls.drainPermits();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "it is being stopped", e);
        }
    }
}
