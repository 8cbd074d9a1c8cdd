package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running tasks of one plan, as many as its load asks for. */
final class Deployment {

    private static final Logger log = LoggerFactory.getLogger(Deployment.class);
    private static final Duration LONGEST_WAIT = Duration.ofDays(365);
    static final Duration AFTER_ABORT = Duration.ofSeconds(2);
    private static final long FACTS_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final TaskContext context;
    private final PipelineMeters meters;
    private final PipelineEvents events;
    private final TaskGroup tasks;
    private final Scaling scaling;
    private final List<Thread> endingCalls = new ArrayList<>();
    private final AtomicLong factsAt = new AtomicLong();
    private final AtomicLong factsOf = new AtomicLong();
    private volatile PipelinePlan plan;
    private volatile Runnable changed;

    /** Whether a task has ever worked: from then on one that is added does not matter. */
    private volatile boolean hasRun;

    /** Not yet started. */
    Deployment(
            TaskContext context,
            PipelinePlan plan,
            PipelineMeters meters,
            PipelineEvents events,
            Runnable changed) {
        this.context = context;
        this.plan = plan;
        this.meters = meters;
        this.events = events;
        this.changed = changed;
        this.factsAt.set(context.time().nanoTime());
        this.tasks = new TaskGroup(this::newTask);
        this.scaling =
                new Scaling(context, this::plan, tasks, meters, events, () -> this.changed.run());
    }

    private TaskRunner newTask(int index) {
        PipelinePlan current = plan;
        var control = new TaskControl(context.time(), current.inputs(), () -> this.changed.run());
        control.watcher(new StateWatcher());
        return new TaskRunner(context, current, index, control, meters, this::tellFacts);
    }

    private final class StateWatcher implements TaskControl.Watcher {
        @Override
        public void changed(PipelineState before, PipelineState after) {
            hasRun = hasRun || after instanceof PipelineState.Running;
            events.changed(before, after);
        }

        @Override
        public void ended(PipelineState last) {
            events.ended(last);
        }
    }

    PipelinePlan plan() {
        return plan;
    }

    Scaling scaling() {
        return scaling;
    }

    void start(@Nullable Deployment predecessor) {
        int first = Math.max(1, plan.spec().scale().min());
        tasks.start(first, predecessor, () -> endTransactionsFrom(first));
        scaling.showNumbers();
        meters.gauge(
                "millrace_pipeline_failing",
                "1 while a task of the pipeline is held up by an error",
                () -> observe() instanceof PipelineState.Failing ? 1 : 0);
    }

    /**
     * A process that was killed may have had more tasks than there are now: what these have left
     * open would hold up all who read the outputs, until its time is up. Tasks that are there now
     * end what their own names have left open.
     *
     * @return whether that is done
     */
    private boolean endTransactionsFrom(int index) {
        PipelinePlan current = plan;
        if (current.spec().delivery() != PipelineSpec.Delivery.EXACTLY_ONCE) {
            return true;
        }
        Set<Integer> present =
                tasks.all().stream().map(TaskRunner::index).collect(Collectors.toSet());
        List<String> names =
                IntStream.range(index, current.spec().scale().max())
                        .filter(i -> !present.contains(i))
                        .mapToObj(i -> context.transactorOf(current, i))
                        .toList();
        if (names.isEmpty()) {
            return true;
        }
        try {
            context.log().endTransactions(names);
            return true;
        } catch (MillraceException e) {
            log.warn(
                    "{}: transactions that earlier tasks may have left open end by themselves: {}",
                    current.pipeline(),
                    e.text());
            return false;
        }
    }

    void changed(Runnable next) {
        changed = next;
    }

    /**
     * Takes over other topics and another scale without a restart; all else of the plan is the
     * same. One that slept is awake after it.
     */
    void takeOver(PipelinePlan next) {
        plan = next;
        tasks.inputs(next.inputs());
        scaling.declared();
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
        for (TaskRunner runner : tasks.active()) {
            TaskControl control = runner.control();
            switch (control.state()) {
                case PipelineState.Failing failing -> {
                    return failing;
                }
                case PipelineState.Starting waiting -> {
                    // A task that joins those that work is nobody's business.
                    if (control.hasRun() || !hasRun) {
                        starting = waiting;
                    }
                }
                case PipelineState.Running _ -> {}
            }
        }
        return starting == null ? new PipelineState.Running(facts()) : starting;
    }

    /** How far all its tasks are behind. */
    long lag() {
        return tasks.active().stream().mapToLong(runner -> runner.control().lag()).sum();
    }

    private Map<String, String> facts() {
        var facts = new TreeMap<String, String>();
        facts.put(
                "inputs",
                Long.toString(plan.inputs().stream().filter(i -> !i.isRetries()).count()));
        facts.put("received", Long.toString(meters.received().value()));
        facts.put("answered", Long.toString(meters.answered().value()));
        facts.put("filtered", Long.toString(meters.filtered().value()));
        facts.put("deadLetters", Long.toString(meters.deadLetters().value()));
        facts.put("dropped", Long.toString(meters.dropped().value()));
        scaling.addTo(facts);
        return facts;
    }

    /** Asks all tasks to finish their batches and end. */
    void stop() {
        events.mute();
        tasks.stop();
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
        List<TaskRunner> all = tasks.all();
        all.forEach(runner -> runner.control().abort());
        for (TaskRunner runner : all) {
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
        return tasks.awaitEnd(timeout, context.time());
    }
}
