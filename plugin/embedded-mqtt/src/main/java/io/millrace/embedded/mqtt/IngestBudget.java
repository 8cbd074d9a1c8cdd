package io.millrace.embedded.mqtt;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** The bytes on their way into the log over all connections. */
final class IngestBudget {

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong messages = new AtomicLong();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    IngestBudget(long limit) {
        this.limit = limit;
    }

    /** Takes them in any case; whether the limit still holds afterwards. */
    boolean take(int bytes) {
        messages.incrementAndGet();
        return used.addAndGet(bytes) <= limit;
    }

    void giveBack(int bytes) {
        messages.decrementAndGet();
        if (used.addAndGet(-bytes) <= limit / 2 && !waiting.isEmpty()) {
            wakeAll();
        }
    }

    /** Runs it once when half of the budget is free; perhaps at once, on this thread. */
    void whenFree(Runnable action) {
        waiting.add(action);
        if (used.get() <= limit / 2) {
            wakeAll();
        }
    }

    long bytes() {
        return used.get();
    }

    long messages() {
        return messages.get();
    }

    private void wakeAll() {
        for (Runnable action = waiting.poll(); action != null; action = waiting.poll()) {
            action.run();
        }
    }
}
