package io.millrace.control;

import io.millrace.api.ResourceKey;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Tells when every one of some resources was reconciled once. */
final class FirstPass {

    private final Set<ResourceKey> waiting = ConcurrentHashMap.newKeySet();
    private final CountDownLatch isOver = new CountDownLatch(1);

    /** Names the resources to wait for; called once. */
    void expect(Collection<ResourceKey> keys) {
        waiting.addAll(keys);
        checkOver();
    }

    /** One more was reconciled, or is gone. */
    void done(ResourceKey key) {
        if (waiting.remove(key)) {
            checkOver();
        }
    }

    private void checkOver() {
        if (waiting.isEmpty()) {
            isOver.countDown();
        }
    }

    /** Waits; returns whether it was over in time. */
    boolean await(Duration timeout) throws InterruptedException {
        return isOver.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public String toString() {
        return waiting.toString();
    }
}
