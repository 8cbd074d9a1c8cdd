package io.millrace.control;

import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which resources are to be looked at, and when. A key is in it at most once; whatever is due first
 * comes first, and in the order of arrival among equals. A key that was taken is not given out
 * again before it is done; when it is added meanwhile, it comes back afterwards.
 *
 * <p>Any thread may call any method.
 */
final class WorkQueue {
    private final TimeSource time;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<ResourceKey, Entry> waiting = new HashMap<>();
    private final PriorityQueue<Entry> order = new PriorityQueue<>(WorkQueue::compare);
    private final Set<ResourceKey> taken = new HashSet<>();
    private final Map<ResourceKey, Long> addedWhileTaken = new HashMap<>();
    private long sequence;
    private boolean isClosed;

    WorkQueue(TimeSource time) {
        this.time = time;
    }

    /** Makes a key due now. */
    void add(ResourceKey key) {
        addAfter(key, Duration.ZERO);
    }

    /** Makes a key due after a while, unless it is due earlier anyway. */
    void addAfter(ResourceKey key, Duration delay) {
        lock.lock();
        try {
            long due = time.nanoTime() + delay.toNanos();
            if (taken.contains(key)) {
                addedWhileTaken.merge(key, due, (a, b) -> a - b <= 0 ? a : b);
            } else {
                enqueue(key, due);
            }
        } finally {
            lock.unlock();
        }
    }

    private void enqueue(ResourceKey key, long due) {
        Entry before = waiting.get(key);
        if (before != null && before.due - due <= 0) {
            return;
        }
        if (before != null) {
            order.remove(before);
        }
        var entry = new Entry(key, due, sequence++);
        waiting.put(key, entry);
        order.add(entry);
        changed.signal();
    }

    /** Takes what is due now, if anything is. Say {@link #done} afterwards. */
    Optional<ResourceKey> tryTake() {
        lock.lock();
        try {
            return takeDue();
        } finally {
            lock.unlock();
        }
    }

    /** Takes what is due next, and waits for it; empty when the queue was closed. */
    Optional<ResourceKey> take() throws InterruptedException {
        lock.lock();
        try {
            while (!isClosed) {
                Optional<ResourceKey> due = takeDue();
                if (due.isPresent()) {
                    return due;
                }
                Entry next = order.peek();
                if (next == null) {
                    changed.await();
                } else {
                    // Whether time passed or something changed: the queue is looked at again.
                    long _ = changed.awaitNanos(next.due - time.nanoTime());
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private Optional<ResourceKey> takeDue() {
        Entry next = order.peek();
        if (next == null || next.due - time.nanoTime() > 0) {
            return Optional.empty();
        }
        order.remove();
        waiting.remove(next.key);
        taken.add(next.key);
        if (!order.isEmpty()) {
            // Another thread may wait for a later time than the next entry's.
            changed.signal();
        }
        return Optional.of(next.key);
    }

    /** A key that was taken may be given out again. */
    void done(ResourceKey key) {
        lock.lock();
        try {
            taken.remove(key);
            Long due = addedWhileTaken.remove(key);
            if (due != null) {
                enqueue(key, due);
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many keys wait, due or not. */
    int size() {
        lock.lock();
        try {
            return waiting.size() + addedWhileTaken.size();
        } finally {
            lock.unlock();
        }
    }

    /** Lets all that wait in {@link #take} return. */
    void close() {
        lock.lock();
        try {
            isClosed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static int compare(Entry a, Entry b) {
        // Differences, because the clock's origin is arbitrary and it may overflow.
        int byDue = Long.signum(a.due - b.due);
        return byDue != 0 ? byDue : Long.compare(a.sequence, b.sequence);
    }

    private record Entry(ResourceKey key, long due, long sequence) {}
}
