package io.millrace.stream;

import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running tasks of one plan. */
final class Deployment {

    private static final Logger log = LoggerFactory.getLogger(Deployment.class);
    private static final Duration LONGEST_WAIT = Duration.ofDays(365);
    static final Duration AFTER_ABORT = Duration.ofSeconds(2);
    private static final long FACTS_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final TaskContext context;
    private final PipelineMeters meters;
    private final List<TaskRunner> runners = new ArrayList<>();
    private final List<Thread> endingCalls = new ArrayList<>();
    private final AtomicLong factsAt = new AtomicLong();
    private final AtomicLong factsOf = new AtomicLong();
    private volatile PipelinePlan plan;
    private volatile Runnable changed;

    Deployment(TaskContext context, PipelinePlan plan, PipelineMeters meters, Runnable changed) {
        this.context = context;
        this.plan = plan;
        this.meters = meters;
        this.changed = changed;
        this.factsAt.set(context.time().nanoTime());
        for (int i = 0; i < Math.max(1, plan.spec().scale().min()); i++) {
            var control = new TaskControl(context.time(), plan.inputs(), () -> this.changed.run());
            runners.add(new TaskRunner(context, plan, i, control, meters, this::tellFacts));
        }
    }

    PipelinePlan plan() {
        return plan;
    }

    void start(@Nullable Deployment predecessor) {
        runners.forEach(runner -> runner.start(predecessor));
    }

    void changed(Runnable next) {
        changed = next;
    }

    /** Takes over other topics without a restart; all else of the plan is the same. */
    void inputs(PipelinePlan next) {
        plan = next;
        runners.forEach(runner -> runner.control().inputs(next.inputs()));
    }

    /** Facts change all the time; who watches hears of it now and then. */
    private void tellFacts() {
        long now = context.time().nanoTime();
        long last = factsAt.get();
        if (now - last >= FACTS_EVERY_NANOS && factsAt.compareAndSet(last, now)) {
            long received = meters.received().value();
            if (factsOf.getAndSet(received) != received) {
                changed.run();
            }
        }
    }

    PipelineState observe() {
        PipelineState starting = null;
        long lag = 0;
        for (int i = 0; i < runners.size(); i++) {
            TaskControl control = runners.get(i).control();
            lag += control.lag();
            switch (control.state()) {
                case PipelineState.Failing failing -> {
                    return failing;
                }
                case PipelineState.Starting waiting -> starting = waiting;
                case PipelineState.Running _ -> {}
            }
        }
        return starting == null ? new PipelineState.Running(facts(lag)) : starting;
    }

    private Map<String, String> facts(long lag) {
        var facts = new TreeMap<String, String>();
        facts.put("tasks", Integer.toString(runners.size()));
        facts.put(
                "inputs",
                Long.toString(plan.inputs().stream().filter(i -> !i.isRetries()).count()));
        facts.put("received", Long.toString(meters.received().value()));
        facts.put("answered", Long.toString(meters.answered().value()));
        facts.put("filtered", Long.toString(meters.filtered().value()));
        facts.put("deadLetters", Long.toString(meters.deadLetters().value()));
        facts.put("dropped", Long.toString(meters.dropped().value()));
        facts.put("lag", Long.toString(lag));
        return facts;
    }

    /** Asks all tasks to finish their batches and end. */
    void stop() {
        runners.forEach(runner -> runner.control().stop());
    }

    /** Waits until all tasks have ended, however long that takes. */
    void awaitEnd() throws InterruptedException {
        awaitEnd(LONGEST_WAIT);
    }

    /**
     * Waits until all tasks have ended; those that do not in time are made to drop their batches.
     *
     * @return whether they have ended
     */
    boolean drain(Duration patience) throws InterruptedException {
        if (awaitEnd(patience)) {
            return true;
        }
        abort();
        return awaitAborted(AFTER_ABORT);
    }

    /**
     * Makes the tasks that still run drop their batches; returns at once. Ending the calls that
     * they may be in takes its time, so that is done for all of them side by side.
     */
    synchronized void abort() {
        if (!endingCalls.isEmpty()) {
            return;
        }
        log.warn("{} does not finish in time; its batches will be read again", plan.pipeline());
        runners.forEach(runner -> runner.control().abort());
        for (TaskRunner runner : runners) {
            endingCalls.add(
                    Thread.ofVirtual()
                            .name("abort of pipeline " + plan.pipeline())
                            .start(runner.control()::endCalls));
        }
    }

    /** Waits until all tasks have ended, and what was done to end them is done as well. */
    boolean awaitAborted(Duration timeout) throws InterruptedException {
        long end = context.time().nanoTime() + timeout.toNanos();
        boolean hasEnded = awaitEnd(timeout);
        List<Thread> threads;
        synchronized (this) {
            threads = List.copyOf(endingCalls);
        }
        for (Thread thread : threads) {
            long left = Math.max(1, end - context.time().nanoTime());
            hasEnded &= thread.join(Duration.ofNanos(left));
        }
        return hasEnded;
    }

    /** Waits until all tasks have ended, or the time is up. */
    boolean awaitEnd(Duration timeout) throws InterruptedException {
        long end = context.time().nanoTime() + timeout.toNanos();
        for (TaskRunner runner : runners) {
            long left = Math.max(0, end - context.time().nanoTime());
            if (!runner.awaitEnd(Duration.ofNanos(left))) {
                return false;
            }
        }
        return true;
    }
}
