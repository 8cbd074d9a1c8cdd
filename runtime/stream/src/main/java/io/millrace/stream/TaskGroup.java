package io.millrace.stream;

import io.millrace.api.TimeSource;
import io.millrace.spi.PipelinePlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a deployment: those that work, numbered from 0, and those that were told to leave
 * and are not gone yet. A task has the name of its number in the consumer group, so one that comes
 * begins only after the one before it with the same number has left.
 */
final class TaskGroup {

    private final IntFunction<TaskRunner> factory;
    private final List<TaskRunner> leaving = new CopyOnWriteArrayList<>();
    private volatile List<TaskRunner> active = List.of();
    private volatile @Nullable Deployment predecessor;
    private final ReentrantLock preparing = new ReentrantLock();
    private @Nullable BooleanSupplier preparation;
    private boolean isStopping;

    TaskGroup(IntFunction<TaskRunner> factory) {
        this.factory = factory;
    }

    /**
     * Starts the first tasks.
     *
     * @param before whose tasks have the same names in the group, so they must have left it
     * @param first done before any task begins and after those have left; must not throw, and says
     *     whether it is done: else each task that is added tries it again
     */
    void start(int tasks, @Nullable Deployment before, BooleanSupplier first) {
        predecessor = before;
        preparation = first;
        resize(tasks);
    }

    /** Has so many tasks from now on; says whether that is another number than before. */
    synchronized boolean resize(int wanted) {
        if (isStopping || wanted == active.size()) {
            return false;
        }
        leaving.removeIf(TaskRunner::hasEnded);
        var next = new ArrayList<>(active);
        while (next.size() > wanted) {
            TaskRunner last = next.removeLast();
            leaving.add(last);
            last.control().stop();
        }
        while (next.size() < wanted) {
            TaskRunner runner = factory.apply(next.size());
            next.add(runner);
            @Nullable TaskRunner former = formerOf(runner);
            runner.start(() -> awaitFormer(former));
        }
        active = List.copyOf(next);
        return true;
    }

    /** Each waits for the one before it, so waiting for the last is enough. */
    private @Nullable TaskRunner formerOf(TaskRunner runner) {
        TaskRunner former = null;
        for (TaskRunner candidate : leaving) {
            if (candidate.index() == runner.index()) {
                former = candidate;
            }
        }
        return former;
    }

    private void awaitFormer(@Nullable TaskRunner former) throws InterruptedException {
        Deployment before = predecessor;
        if (before != null) {
            before.awaitEnd();
            // It holds the one before it, and so on.
            predecessor = null;
        }
        if (former != null) {
            former.awaitEnd();
        }
        prepare();
    }

    /** The first task that comes does it, the others wait for that. */
    private void prepare() throws InterruptedException {
        preparing.lock();
        try {
            BooleanSupplier first = preparation;
            if (first != null && first.getAsBoolean()) {
                preparation = null;
            }
        } finally {
            preparing.unlock();
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted before the task began");
        }
    }

    /** Has all tasks read these topics, those that are added included. */
    synchronized void inputs(List<PipelinePlan.Input> next) {
        active.forEach(runner -> runner.control().inputs(next));
    }

    List<TaskRunner> active() {
        return active;
    }

    /** Those that were told to leave and have not. */
    List<TaskRunner> leaving() {
        leaving.removeIf(TaskRunner::hasEnded);
        return leaving;
    }

    /** Whether no task is in the consumer group any more. */
    boolean isEmpty() {
        return active.isEmpty() && leaving().isEmpty();
    }

    /** Asks all tasks to finish their batches and end; none are added any more. */
    synchronized void stop() {
        isStopping = true;
        active.forEach(runner -> runner.control().stop());
    }

    /** Those that work and those that leave. */
    List<TaskRunner> all() {
        var all = new ArrayList<TaskRunner>(leaving);
        all.addAll(active);
        return all;
    }

    /** Waits until all tasks have ended, or the time is up. */
    boolean awaitEnd(Duration timeout, TimeSource time) throws InterruptedException {
        long end = time.nanoTime() + timeout.toNanos();
        for (TaskRunner runner : all()) {
            long left = Math.max(0, end - time.nanoTime());
            if (!runner.awaitEnd(Duration.ofNanos(left))) {
                return false;
            }
        }
        return true;
    }
}
