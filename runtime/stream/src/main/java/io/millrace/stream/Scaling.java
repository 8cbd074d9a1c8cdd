package io.millrace.stream;

import io.millrace.api.PipelineSpec;
import io.millrace.api.ScaleSpec;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogTopic;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import io.millrace.stream.scale.Autoscaler;
import io.millrace.stream.scale.Load;
import io.millrace.stream.scale.ScaleDecision;
import io.millrace.stream.scale.ScaleDecision.Cause;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How many tasks a deployment has, and why. The loop that scales all pipelines asks and tells it;
 * others read its numbers.
 */
final class Scaling {

    /** A task tells its lag about once a second, but not while it is at work or held up. */
    private static final long STALE_NANOS = Duration.ofMillis(2_500).toNanos();

    private static final long SAY_AGAIN_NANOS = Duration.ofMinutes(5).toNanos();

    private final TaskContext context;
    private final Supplier<PipelinePlan> plan;
    private final TaskGroup tasks;
    private final PipelineMeters meters;
    private final PipelineEvents events;
    private final Runnable changed;
    private final Autoscaler autoscaler;
    private Load load = new Load(0, 0, false, 0, 0, 0, 0, 0, false);
    private long lookedAt;
    private long limitSaidAt;
    private boolean isLimitSaid;
    private boolean isUnsure;
    private int inWork;

    /** What the log said that waits, while the tasks do not know; else 0. */
    private volatile long known;

    private volatile String last = "";
    private volatile String limit = "";

    /**
     * Of a deployment that has not started.
     *
     * @param changed called after each change
     */
    Scaling(
            TaskContext context,
            Supplier<PipelinePlan> plan,
            TaskGroup tasks,
            PipelineMeters meters,
            PipelineEvents events,
            Runnable changed) {
        this.context = context;
        this.plan = plan;
        this.tasks = tasks;
        this.meters = meters;
        this.events = events;
        this.changed = changed;
        this.lookedAt = context.time().nanoTime();
        this.autoscaler = new Autoscaler(spec(), lookedAt);
    }

    private ScaleSpec spec() {
        return plan.get().spec().scale();
    }

    boolean isFixed() {
        return spec().isFixed();
    }

    // ---- what the log is asked for it

    Set<String> topics() {
        return TaskControl.Inputs.of(plan.get().inputs()).topics();
    }

    String group() {
        return TaskContext.groupOf(plan.get());
    }

    /** In how many parts its work can be shared; what is tried again is too rare to count. */
    static int partitions(Set<LogPartition> all) {
        int count = 0;
        for (LogPartition partition : all) {
            count += LogTopic.isRetries(partition.topic()) ? 0 : 1;
        }
        return count;
    }

    /** Where a partition without a commit starts. */
    long startMillis() {
        PipelinePlan current = plan.get();
        return current.spec().from().start() == PipelineSpec.Start.LATEST
                ? current.createdAt().toEpochMilli()
                : 0;
    }

    // ---- from the loop

    boolean isAsleep() {
        return tasks.active().isEmpty();
    }

    /** Whether no task of it can commit any more. */
    boolean hasLeft() {
        return tasks.isEmpty();
    }

    /** A task that was told to leave because nothing came got something to do after all. */
    synchronized void wakeIfAtWork() {
        for (TaskRunner runner : tasks.leaving()) {
            if (runner.control().load().isBusy() && isAsleep()) {
                autoscaler.stayAwake(context.time().nanoTime());
                resize(1, "a record came when its last task was about to leave");
            }
        }
    }

    /**
     * Asks the tasks how they do.
     *
     * @param isLogAskable whether the log says what it holds
     * @return whether the log should be asked as well: they have been at work or held up for so
     *     long that they do not know how far they are behind, or they are behind and there may be
     *     more of them
     */
    synchronized boolean look(boolean isLogAskable) {
        long now = context.time().nanoTime();
        long epochMillis = context.time().epochMillis();
        long waiting = 0;
        long oldest = 0;
        long busyNanos = 0;
        int starting = 0;
        boolean isFailing = false;
        isUnsure = false;
        inWork = 0;
        var active = tasks.active();
        for (TaskRunner runner : active) {
            TaskControl control = runner.control();
            TaskLoad held = control.load();
            waiting += control.lag() + held.waiting();
            inWork += held.inWork();
            oldest = Math.max(oldest, held.ageMillis(epochMillis));
            busyNanos += held.takeBusyNanos(now);
            isUnsure |= now - control.lagAt() > STALE_NANOS;
            isUnsure |= !runner.hasBegun();
            starting += isStarting(runner) ? 1 : 0;
            isFailing |= control.state() instanceof PipelineState.Failing;
        }
        for (TaskRunner runner : tasks.leaving()) {
            // Nobody else reads its partitions before it has left.
            isUnsure |= runner.control().load().isBusy();
            inWork += runner.control().load().inWork();
        }
        double busy = (double) busyNanos / Math.max(1, now - lookedAt);
        lookedAt = now;
        load =
                new Load(
                        active.size(),
                        starting,
                        isFailing,
                        waiting,
                        oldest,
                        meters.received().value(),
                        busy,
                        0,
                        isLogAskable);
        known = isUnsure ? known : 0;
        return isFixed() ? isUnsure : isLogAskable && (waiting > 0 || isUnsure);
    }

    /** One that waits for the end of another may wait long: others may be added meanwhile. */
    private static boolean isStarting(TaskRunner runner) {
        return runner.hasBegun() && runner.control().state() instanceof PipelineState.Starting;
    }

    /** Whether the tasks do not know how much waits. */
    synchronized boolean isUnsure() {
        return isUnsure;
    }

    /** What the log says: partitions of the inputs, and records that are not committed. */
    synchronized void asked(int partitions, long unfinished) {
        long waiting = Math.max(load.waiting(), unfinished - inWork);
        known = isUnsure ? waiting : 0;
        load =
                new Load(
                        load.tasks(),
                        load.starting(),
                        load.isFailing(),
                        waiting,
                        load.oldestMillis(),
                        load.received(),
                        load.busy(),
                        partitions,
                        load.maySleep());
    }

    /** Decides by the last look and does it. */
    synchronized void scale() {
        if (isFixed()) {
            return;
        }
        ScaleDecision decision = autoscaler.decide(load, context.time().nanoTime());
        boolean isHeld = decision.cause() == Cause.LIMITED || decision.cause() == Cause.HELD;
        limit = isHeld ? decision.message() : "";
        if (isHeld) {
            sayLimit(decision.message());
        } else if (decision.cause() != Cause.STEADY) {
            resize(decision.tasks(), decision.message());
        }
    }

    private void sayLimit(String message) {
        long now = context.time().nanoTime();
        if (!isLimitSaid || now - limitSaidAt > SAY_AGAIN_NANOS) {
            isLimitSaid = true;
            limitSaidAt = now;
            events.notScaled(message);
            changed.run();
        }
    }

    /** Records came for a pipeline that has no tasks. */
    synchronized void wake(long waiting, int partitions) {
        if (!isAsleep()) {
            return;
        }
        int wanted =
                autoscaler.wake(
                        waiting, partitions, meters.received().value(), context.time().nanoTime());
        resize(wanted, waiting == 1 ? "1 record came" : waiting + " records came");
    }

    private void resize(int wanted, String why) {
        int before = tasks.active().size();
        if (!tasks.resize(wanted)) {
            return;
        }
        isLimitSaid = false;
        limit = "";
        last = "%s: %d → %d, %s".formatted(context.time().now(), before, wanted, why);
        meters.scaled(wanted > before);
        events.scaled(before, wanted, why);
        changed.run();
    }

    // ---- from outside

    /** The declaration has changed: its bounds hold at once, and it is awake. */
    synchronized void declared() {
        ScaleSpec spec = spec();
        autoscaler.spec(spec);
        int now = tasks.active().size();
        int wanted = Math.clamp(now, Math.max(now == 0 ? 1 : 0, spec.min()), spec.max());
        if (now == 0) {
            autoscaler.stayAwake(context.time().nanoTime());
        }
        resize(wanted, "as declared: " + text(spec));
    }

    /** Records that no task works on yet, as far as is known. */
    long waiting() {
        long waiting = 0;
        for (TaskRunner runner : tasks.active()) {
            waiting += runner.control().lag() + runner.control().load().waiting();
        }
        return Math.max(waiting, known);
    }

    /** The age of the oldest record that is not finished. */
    double oldestSeconds() {
        long epochMillis = context.time().epochMillis();
        long oldest = 0;
        for (TaskRunner runner : tasks.active()) {
            oldest = Math.max(oldest, runner.control().load().ageMillis(epochMillis));
        }
        return oldest / 1e3;
    }

    void showNumbers() {
        meters.gauge(
                "millrace_pipeline_tasks",
                "Tasks that share the work",
                () -> tasks.active().size());
        meters.gauge("millrace_pipeline_lag", "Records that no task works on yet", this::waiting);
        meters.gauge(
                "millrace_pipeline_oldest_seconds",
                "Age of the oldest record that was read and is not finished",
                this::oldestSeconds);
    }

    void addTo(Map<String, String> facts) {
        facts.put("tasks", Integer.toString(tasks.active().size()));
        facts.put("scale", text(spec()));
        facts.put("lag", Long.toString(waiting()));
        facts.put("oldest", String.format(Locale.ROOT, "%.1f s", oldestSeconds()));
        if (!last.isEmpty()) {
            facts.put("last scaling", last);
        }
        if (!limit.isEmpty()) {
            facts.put("not scaled", limit);
        }
    }

    private static String text(ScaleSpec spec) {
        return spec.isFixed() ? Integer.toString(spec.min()) : spec.min() + " to " + spec.max();
    }
}
