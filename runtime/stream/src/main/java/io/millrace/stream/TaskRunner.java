package io.millrace.stream;

import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one task on a thread of its own, and builds it anew from the last commit whenever something
 * unexpected ends it.
 */
final class TaskRunner {

    private static final Logger log = LoggerFactory.getLogger(TaskRunner.class);

    private final TaskContext context;
    private final PipelinePlan plan;
    private final int index;
    private final TaskControl control;
    private final PipelineMeters meters;
    private final Runnable afterWork;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Backoff rebuilds = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(30));

    private volatile boolean hasBegun;

    TaskRunner(
            TaskContext context,
            PipelinePlan plan,
            int index,
            TaskControl control,
            PipelineMeters meters,
            Runnable afterWork) {
        this.context = context;
        this.plan = plan;
        this.index = index;
        this.control = control;
        this.meters = meters;
        this.afterWork = afterWork;
    }

    /** Waits until those have left the group that have the same name in it. */
    @FunctionalInterface
    interface Predecessors {
        void await() throws InterruptedException;
    }

    /** Starts the thread. Engines are called on it, so it is one of the platform. */
    void start(Predecessors predecessors) {
        Thread.ofPlatform()
                .daemon()
                .name("pipeline " + plan.pipeline() + " task " + index)
                .start(() -> run(predecessors));
    }

    int index() {
        return index;
    }

    /** Whether those are gone for which it had to wait. */
    boolean hasBegun() {
        return hasBegun;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }

    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    TaskControl control() {
        return control;
    }

    boolean awaitEnd(Duration timeout) throws InterruptedException {
        return ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void run(Predecessors predecessors) {
        try {
            predecessors.await();
            hasBegun = true;
            while (!control.isStopping()) {
                runTask();
            }
        } catch (InterruptedException e) {
            log.info("{} task {} was interrupted", plan.pipeline(), index);
        } finally {
            if (!control.isStopping()) {
                control.report(new PipelineState.Failing("its task has ended; see the log"));
            }
            control.ended();
            ended.countDown();
        }
    }

    /**
     * The supervisor: the one place that takes anything, errors too: a native library throws an
     * {@link OutOfMemoryError} of its own, and a thread that ends for it ends silently.
     */
    private void runTask() {
        try (PipelineTask task = PipelineTask.open(context, plan, index, control, meters)) {
            while (!control.isStopping()) {
                if (task.doWork() > 0) {
                    rebuilds.reset();
                }
                afterWork.run();
            }
            task.storeBeforeItEnds();
        } catch (BatchAbandoned _) {
            log.info("{} task {} ends; its batch will be read again", plan.pipeline(), index);
        } catch (Throwable e) {
            if (control.isStopping()) {
                log.warn("{} task {} failed while it ended", plan.pipeline(), index, e);
                return;
            }
            rebuildLater(e);
        }
    }

    private void rebuildLater(Throwable e) {
        Duration wait = rebuilds.next();
        log.error(
                "{} task {} failed; it starts again from its last commit in {} ms",
                plan.pipeline(),
                index,
                wait.toMillis(),
                e);
        meters.restarts().increment();
        String reason = e.getMessage() == null ? e.getClass().getName() : e.getMessage();
        control.report(new PipelineState.Failing("task " + index + ": " + reason));
        try {
            control.pause(wait);
        } catch (BatchAbandoned _) {
            log.debug("{} task {} is not built again", plan.pipeline(), index);
        }
    }
}
