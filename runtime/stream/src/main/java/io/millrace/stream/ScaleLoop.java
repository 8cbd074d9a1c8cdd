package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogPartition;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all pipelines: at those that work about once a second, how far they are behind and
 * whether there should be more or fewer tasks of them; at those that sleep a little more often. One
 * thread for all of them, which does not exist before there is one; and one question to the log for
 * all that sleep, none for those that work and are not behind.
 */
final class ScaleLoop implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ScaleLoop.class);
    private static final Duration END_PATIENCE = Duration.ofSeconds(2);

    /**
     * How often it looks.
     *
     * @param working at pipelines that have tasks
     * @param sleeping at pipelines that have none
     */
    record Pace(Duration working, Duration sleeping) {
        static final Pace STANDARD = new Pace(Duration.ofSeconds(1), Duration.ofMillis(400));
    }

    private final TimeSource time;
    private final Pace pace;
    private final Backlog backlog;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Scaling> members = new LinkedHashSet<>();
    private @Nullable Thread thread;
    private boolean isClosed;

    // ---- of the loop's thread only

    /** Where those that sleep would go on. */
    private final Map<Scaling, Map<LogPartition, Long>> positions = new HashMap<>();

    private final ScalePauses pauses;
    private final Backoff waits = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
    private long workingAt;
    private long sleepingAt;

    ScaleLoop(StreamLog log, TimeSource time, Pace pace) {
        this.time = time;
        this.pace = pace;
        this.backlog = new Backlog(log, time);
        this.pauses = new ScalePauses(time, this::isEnding);
        this.workingAt = time.nanoTime();
        this.sleepingAt = workingAt;
    }

    /** Looks at a pipeline from now on. */
    void add(Scaling pipeline) {
        locked(() -> {
            if (isClosed || !members.add(pipeline)) {
                return;
            }
            if (thread == null) {
                thread =
                        Thread.ofPlatform()
                                .daemon()
                                .name("pipeline scaling")
                                .start(this::runUntilClosed);
            }
            changed.signalAll();
        });
    }

    /** Does not look at it any more, except for a look under way. */
    void remove(Scaling pipeline) {
        locked(() -> members.remove(pipeline));
    }

    private void runUntilClosed() {
        try {
            while (awaitTurn()) {
                supervise();
            }
        } catch (InterruptedException _) {
            logger.debug("The scaling of pipelines was interrupted at its end");
        } finally {
            backlog.close();
        }
    }

    /** The supervisor: no pipeline may end the scaling of all. */
    private void supervise() throws InterruptedException {
        try {
            doWork();
            waits.reset();
        } catch (Throwable e) {
            Duration wait = waits.next();
            if (e instanceof MillraceException known && known.code().isTransient()) {
                logger.info(
                        "Pipelines are not scaled for {} s: {}", wait.toSeconds(), known.text());
            } else {
                logger.warn("Pipelines are not scaled for {} s", wait.toSeconds(), e);
            }
            await(wait);
        }
    }

    /** Waits until something is due; false at the end. */
    private boolean awaitTurn() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!isClosed) {
                if (members.isEmpty()) {
                    changed.await();
                    continue;
                }
                long due = workingAt + pace.working().toNanos() - time.nanoTime();
                if (members.stream().anyMatch(Scaling::isAsleep)) {
                    due = Math.min(due, sleepingAt + pace.sleeping().toNanos() - time.nanoTime());
                }
                if (due <= 0) {
                    return true;
                }
                var _ = changed.awaitNanos(due);
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void await(Duration wait) throws InterruptedException {
        long end = time.nanoTime() + wait.toNanos();
        lock.lockInterruptibly();
        try {
            for (long left = wait.toNanos(); left > 0 && !isClosed; left = end - time.nanoTime()) {
                var _ = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Looks at all whose turn it is. */
    void doWork() {
        List<Scaling> all = new ArrayList<>();
        locked(() -> all.addAll(members));
        positions.keySet().retainAll(Set.copyOf(all));
        long now = time.nanoTime();
        pauses.keep(all);
        if (now - workingAt >= pace.working().toNanos()) {
            workingAt = now;
            lookAtWorking(all);
        }
        if (now - sleepingAt >= pace.sleeping().toNanos()) {
            sleepingAt = now;
            lookAtSleeping(all);
        }
        pauses.tell();
    }

    private boolean isEnding() {
        lock.lock();
        try {
            return isClosed;
        } finally {
            lock.unlock();
        }
    }

    private void lookAtWorking(List<Scaling> all) {
        var behind = new ArrayList<Scaling>();
        // Those that always have as many tasks ask only when these are held up.
        boolean isLogAskable =
                all.stream().anyMatch(pipeline -> !pipeline.isFixed()) && isAnswering();
        for (Scaling pipeline : all) {
            if (pipeline.isAsleep()) {
                continue;
            }
            positions.remove(pipeline);
            pauses.guard(
                    pipeline,
                    () -> {
                        if (!pipeline.look(isLogAskable)) {
                            pipeline.scale();
                        } else if (!pauses.isPaused(pipeline)) {
                            behind.add(pipeline);
                        }
                    });
        }
        if (!behind.isEmpty() && isAnswering()) {
            ask(behind, this::lookAtBehind);
        }
    }

    /** Whether the log answers at all; when it is away the questions themselves tell of it. */
    private boolean isAnswering() {
        try {
            return backlog.isAnswering();
        } catch (MillraceException e) {
            logger.debug("The log cannot be asked now", e);
            return true;
        }
    }

    private interface Look {
        void at(Scaling pipeline, Map<LogPartition, OffsetRange> ranges);
    }

    /** One question for all; when that fails one for each, as it may be the fault of one topic. */
    private void ask(List<Scaling> pipelines, Look look) {
        Map<LogPartition, OffsetRange> ranges = null;
        try {
            ranges = backlog.ranges(topics(pipelines));
        } catch (RuntimeException e) {
            if (pipelines.size() == 1 || isEnding()) {
                pauses.note(pipelines.getFirst(), e);
                return;
            }
            logger.debug("The log is asked for each pipeline", e);
        }
        for (Scaling pipeline : pipelines) {
            var all = ranges;
            pauses.ask(
                    pipeline,
                    () -> look.at(pipeline, all == null ? own(pipeline) : of(pipeline, all)));
        }
    }

    private Map<LogPartition, OffsetRange> own(Scaling pipeline) {
        return of(pipeline, backlog.ranges(pipeline.topics()));
    }

    private void lookAtBehind(Scaling pipeline, Map<LogPartition, OffsetRange> own) {
        long unfinished = pipeline.isUnsure() ? Backlog.length(behind(pipeline, own)) : 0;
        pipeline.asked(Scaling.partitions(own.keySet()), unfinished);
        pipeline.scale();
    }

    /** A pipeline that sleeps is looked at only when its last member has left: it may commit. */
    private void lookAtSleeping(List<Scaling> all) {
        var sleeping = new ArrayList<Scaling>();
        for (Scaling pipeline : all) {
            if (!pipeline.isAsleep()) {
                continue;
            }
            if (!pipeline.hasLeft()) {
                pauses.guard(pipeline, pipeline::wakeIfAtWork);
            } else if (!pauses.isPaused(pipeline)) {
                sleeping.add(pipeline);
            }
        }
        if (!sleeping.isEmpty()) {
            ask(sleeping, this::lookAtSleeper);
        }
    }

    private void lookAtSleeper(Scaling pipeline, Map<LogPartition, OffsetRange> ranges) {
        Map<LogPartition, Long> known = positions.get(pipeline);
        if (known != null && Backlog.behind(known, ranges).isEmpty()) {
            return;
        }
        // Another process of the same group may have done it meanwhile.
        Map<LogPartition, OffsetRange> parts = behind(pipeline, ranges);
        if (!parts.isEmpty() && backlog.holdRecords(parts)) {
            positions.remove(pipeline);
            pipeline.wake(Backlog.length(parts), Scaling.partitions(ranges.keySet()));
            return;
        }
        var ends = new HashMap<LogPartition, Long>();
        ranges.forEach((partition, range) -> ends.put(partition, range.to()));
        positions.put(pipeline, ends);
    }

    private Map<LogPartition, OffsetRange> behind(
            Scaling pipeline, Map<LogPartition, OffsetRange> ranges) {
        return Backlog.behind(
                backlog.positions(
                        pipeline.group(), pipeline.startMillis(), pipeline.topics(), ranges),
                ranges);
    }

    private static Collection<String> topics(List<Scaling> pipelines) {
        var topics = new HashSet<String>();
        pipelines.forEach(pipeline -> topics.addAll(pipeline.topics()));
        return topics;
    }

    private static Map<LogPartition, OffsetRange> of(
            Scaling pipeline, Map<LogPartition, OffsetRange> ranges) {
        var own = new HashMap<LogPartition, OffsetRange>();
        Set<String> topics = pipeline.topics();
        ranges.forEach((partition, range) -> {
            if (topics.contains(partition.topic())) {
                own.put(partition, range);
            }
        });
        return own;
    }

    /** Ends the thread; a question to the log under way is interrupted. Idempotent. */
    @Override
    public void close() {
        locked(() -> {
            isClosed = true;
            members.clear();
            changed.signalAll();
        });
        Thread ending = thread;
        if (ending == null) {
            return;
        }
        ending.interrupt();
        try {
            if (!ending.join(END_PATIENCE)) {
                logger.warn("The scaling of pipelines does not end");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }
}
