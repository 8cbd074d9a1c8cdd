package io.millrace.store;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.Revision;
import io.millrace.store.ResourceStore.Watch;
import io.millrace.store.ResourceStore.Watcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells watchers of changes, on one thread. Each watch has its own place in the ring of recent
 * changes; replay and live delivery are the same walk along it, so nothing can fall between them. A
 * watch that is overtaken by the ring is ended.
 */
final class Watches implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Watches.class);
    private static final int TURN = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final RecentChanges recent;
    private final List<RunningWatch> watches = new ArrayList<>();
    private final Thread thread;
    private boolean started;
    private boolean closed;

    Watches(RecentChanges recent) {
        this.recent = recent;
        this.thread = Thread.ofPlatform().name("store-watch").daemon().unstarted(this::run);
    }

    /** One more change happened. */
    void publish(Change change) {
        lock.lock();
        try {
            recent.add(change);
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Begins a watch.
     *
     * @param backlog the changes between {@code after} and the oldest recent one, when there are
     * @param after what the watcher has seen
     */
    Watch begin(Revision after, List<Change> backlog, Watcher watcher) {
        lock.lock();
        try {
            if (closed) {
                throw new MillraceException(ErrorCode.UNAVAILABLE, "the store is closed");
            }
            var watch = new RunningWatch(after.value(), backlog, watcher);
            watches.add(watch);
            if (!started) {
                started = true;
                thread.start();
            }
            work.signal();
            return watch;
        } finally {
            lock.unlock();
        }
    }

    long oldest() {
        lock.lock();
        try {
            return recent.first();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            for (RunningWatch watch : running()) {
                watch.deliver();
            }
        }
    }

    /** Waits until some watch is behind; false once closed. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!closed && watches.stream().noneMatch(RunningWatch::isBehind)) {
                work.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private List<RunningWatch> running() {
        lock.lock();
        try {
            return List.copyOf(watches);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        boolean wait;
        lock.lock();
        try {
            closed = true;
            watches.clear();
            work.signal();
            wait = started && !Thread.currentThread().equals(thread);
        } finally {
            lock.unlock();
        }
        if (wait) {
            try {
                thread.join(PATIENCE); // a watcher that blocks must not hold up the end
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One watch. Its place is guarded by the lock of all; its calls by a lock of its own. */
    private final class RunningWatch implements Watch {

        private final ReentrantLock calling = new ReentrantLock();
        private final Watcher watcher;
        private List<Change> backlog;
        private long seen;
        private volatile boolean ended;

        RunningWatch(long seen, List<Change> backlog, Watcher watcher) {
            this.seen = seen;
            this.backlog = backlog;
            this.watcher = watcher;
        }

        boolean isBehind() {
            return seen < recent.last();
        }

        void deliver() {
            List<Change> changes = next();
            calling.lock();
            try {
                for (Change change : changes) {
                    if (ended) {
                        return;
                    }
                    watcher.changed(change);
                }
            } catch (RuntimeException e) { // this is the watchers' supervisor
                LOG.error("A watcher failed; its watch ends", e);
                end();
                watcher.cutOff();
            } finally {
                calling.unlock();
            }
        }

        /** The next changes to tell; ends the watch when they are not here any more. */
        private List<Change> next() {
            lock.lock();
            try {
                if (!backlog.isEmpty()) {
                    List<Change> changes = backlog;
                    backlog = List.of();
                    seen = changes.getLast().revision().value();
                    return changes;
                }
                if (seen + 1 >= recent.first()) {
                    List<Change> changes = recent.from(seen + 1, TURN);
                    seen += changes.size();
                    return changes;
                }
            } finally {
                lock.unlock();
            }
            cutOff();
            return List.of();
        }

        private void cutOff() {
            LOG.warn("A watcher was too slow; its watch ends");
            calling.lock();
            try {
                if (!ended) {
                    end();
                    watcher.cutOff();
                }
            } finally {
                calling.unlock();
            }
        }

        private void end() {
            ended = true;
            lock.lock();
            try {
                watches.remove(this);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            ended = true;
            calling.lock(); // waits for a call that is under way, unless it is this very thread's
            try {
                end();
            } finally {
                calling.unlock();
            }
        }
    }
}
