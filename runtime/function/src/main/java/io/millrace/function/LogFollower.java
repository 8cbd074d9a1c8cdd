package io.millrace.function;

import io.millrace.spi.Meters;
import io.millrace.spi.StepLogs.Follower;
import io.millrace.spi.StepLogs.Line;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers lines to somebody who may be slow, from a thread of its own. */
final class LogFollower {

    private static final Logger log = LoggerFactory.getLogger(LogFollower.class);
    private static final int CAPACITY = 2048;

    private final Follower follower;
    private final Meters.Count lostInAll;
    private final BlockingQueue<Line> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final AtomicLong lost = new AtomicLong();
    private volatile boolean closed;
    private volatile @Nullable Thread thread;

    LogFollower(Follower follower, Meters.Count lostInAll) {
        this.follower = follower;
        this.lostInAll = lostInAll;
    }

    void start(List<Line> old) {
        thread = Thread.ofVirtual().name("log-follower").start(() -> deliver(old));
    }

    /** Never blocks. */
    void offer(Line line) {
        if (!closed && !queue.offer(line)) {
            lost.incrementAndGet();
            lostInAll.increment();
        }
    }

    void close() {
        closed = true;
        Thread running = thread;
        if (running != null && !running.equals(Thread.currentThread())) {
            running.interrupt();
        }
    }

    private void deliver(List<Line> old) {
        try {
            for (Line line : old) {
                if (closed) {
                    return;
                }
                follower.line(line);
            }
            while (!closed) {
                Line line = queue.take();
                long missing = lost.getAndSet(0);
                follower.line(line);
                if (missing > 0) {
                    drainBeforeGap(missing);
                }
            }
        } catch (InterruptedException e) {
            log.trace("A follower left", e);
        } catch (RuntimeException e) {
            closed = true;
            log.warn("A follower of a log failed and is left out from now on", e);
        }
    }

    /** What is in the queue came before the gap. */
    private void drainBeforeGap(long missing) {
        for (int i = queue.size(); i > 0 && !closed; i--) {
            Line line = queue.poll();
            if (line != null) {
                follower.line(line);
            }
        }
        follower.lost(missing);
    }
}
