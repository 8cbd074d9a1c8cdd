package io.millrace.stream.scale;

import io.millrace.api.ScaleSpec;
import io.millrace.stream.scale.ScaleDecision.Cause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Decides how many tasks a pipeline should have. It is asked about once a second and knows nothing
 * but what it is told.
 *
 * <p>More at once: as soon as more records wait for each task than declared, as many as they need,
 * at most twice as many as there are; when records wait longer than declared, one more. Then it
 * waits until these work. Fewer late: as many as were needed at the busiest moment of the last
 * {@code idle}; none when nothing came in that time and none are allowed.
 *
 * <p>Not safe for several threads.
 */
public final class Autoscaler {

    /** What was added must have a chance to help before still more is added. */
    private static final Duration AFTER_GROWTH = Duration.ofSeconds(3);

    /** A woken task that has nothing by then was woken for nothing. */
    private static final Duration WAKE_PATIENCE = Duration.ofSeconds(30);

    /** A task that works more than this part of the time has no room for another one's work. */
    private static final double FULL = 0.7;

    private static final double AT_REST = 0.01;

    private final Deque<Need> needs = new ArrayDeque<>();
    private ScaleSpec spec;
    private long changedAt;
    private long grownAt;
    private long received;
    private boolean wasLate;
    private boolean waitsForFirst;

    /** How many tasks were needed at some time; a deque holds falling numbers only. */
    private record Need(long at, int tasks) {}

    /**
     * For a pipeline whose first tasks have just been started.
     *
     * @param now in nanoseconds
     */
    public Autoscaler(ScaleSpec spec, long now) {
        this.spec = spec;
        this.changedAt = now;
        this.grownAt = now - AFTER_GROWTH.toNanos();
    }

    /** Goes by another declaration from now on. */
    public void spec(ScaleSpec next) {
        spec = next;
    }

    /** The fewest tasks. */
    private int least(Load load) {
        return load.maySleep() ? spec.min() : Math.max(1, spec.min());
    }

    /** The most tasks that can help: a partition has one reader. */
    private int most(int partitions) {
        int useful = partitions > 0 ? Math.min(spec.max(), partitions) : spec.max();
        return Math.max(useful, Math.max(1, spec.min()));
    }

    /**
     * How many tasks to wake a pipeline with.
     *
     * @param waiting records that came meanwhile
     * @param seen how many were read since the pipeline was deployed
     */
    public int wake(long waiting, int partitions, long seen, long now) {
        changed(now);
        grownAt = now;
        received = seen;
        waitsForFirst = true;
        return Math.clamp(tasksFor(waiting), 1, most(partitions));
    }

    /** Tasks were started for another reason than records that came. */
    public void stayAwake(long now) {
        changed(now);
        waitsForFirst = false;
    }

    /** Looks at the load and says what to do; the answer is taken to be followed at once. */
    public ScaleDecision decide(Load load, long now) {
        boolean hasCome = load.received() != received;
        received = load.received();
        waitsForFirst = waitsForFirst && !hasCome && now - changedAt < WAKE_PATIENCE.toNanos();
        remember(needed(load, hasCome), now);
        boolean isLate = load.waiting() > 0 && load.oldestMillis() > spec.age().toMillis();
        boolean isLateAgain = isLate && wasLate;
        wasLate = isLate;
        ScaleDecision declared = withinDeclared(load);
        if (declared.cause() != Cause.STEADY) {
            changed(now);
            return declared;
        }
        if (load.tasks() == 0) {
            return steady(load);
        }
        if (load.waiting() > spec.lag() * load.tasks() || isLateAgain) {
            return more(load, now);
        }
        return fewer(load, now);
    }

    private ScaleDecision withinDeclared(Load load) {
        int least = least(load);
        if (load.tasks() < least) {
            return new ScaleDecision(
                    least, Cause.DECLARED, "at least " + count(least, "task") + " shall run");
        }
        if (load.tasks() > spec.max()) {
            return new ScaleDecision(
                    spec.max(),
                    Cause.DECLARED,
                    "at most " + count(spec.max(), "task") + " may run");
        }
        return steady(load);
    }

    private ScaleDecision more(Load load, long now) {
        boolean isLag = load.waiting() > spec.lag() * load.tasks();
        String why = isLag ? lagText(load) : ageText(load);
        int most = most(load.partitions());
        if (load.tasks() >= most) {
            return new ScaleDecision(load.tasks(), Cause.LIMITED, why + limitText(load));
        }
        if (load.isFailing()) {
            return new ScaleDecision(
                    load.tasks(),
                    Cause.HELD,
                    why + ", but more tasks would wait for the same thing as those there are");
        }
        if (load.starting() > 0 || now - grownAt < settleTime()) {
            return steady(load);
        }
        long wanted = isLag ? tasksFor(load.waiting()) : load.tasks() + 1;
        int next = (int) Math.clamp(wanted, load.tasks() + 1L, Math.min(most, 2L * load.tasks()));
        changed(now);
        grownAt = now;
        boolean isCapped = next == most && next < spec.max() && next == load.partitions();
        return new ScaleDecision(
                next,
                isLag ? Cause.LAG : Cause.AGE,
                isCapped ? why + "; " + partitionsText(load) : why);
    }

    /** Who declares a shorter idle time wants it to be quick. */
    private long settleTime() {
        return Math.min(AFTER_GROWTH.toNanos(), spec.idle().toNanos());
    }

    private long tasksFor(long waiting) {
        return Math.ceilDiv(waiting, spec.lag());
    }

    private ScaleDecision fewer(Load load, long now) {
        long idle = spec.idle().toNanos();
        while (!needs.isEmpty() && now - needs.getFirst().at() > idle) {
            needs.removeFirst();
        }
        if (now - changedAt < idle || needs.isEmpty()) {
            return steady(load);
        }
        int peak = needs.getFirst().tasks();
        int next = Math.max(least(load), peak);
        if (next >= load.tasks()) {
            return steady(load);
        }
        changed(now);
        return peak == 0
                ? new ScaleDecision(next, Cause.IDLE, "nothing came for " + text(spec.idle()))
                : new ScaleDecision(
                        next,
                        Cause.CALM,
                        "for %s %s would have been enough"
                                .formatted(text(spec.idle()), count(peak, "task")));
    }

    /** How many tasks would do for what there is now; never more than there are. */
    private int needed(Load load, boolean hasCome) {
        if (load.isFailing() || load.starting() > 0 || waitsForFirst) {
            return load.tasks();
        }
        if (!hasCome && load.waiting() == 0 && load.busy() < AT_REST) {
            return 0;
        }
        if (load.waiting() > 0 && load.oldestMillis() > spec.age().toMillis() / 2) {
            return load.tasks();
        }
        long byLag = tasksFor(load.waiting());
        long byWork = (long) Math.ceil(load.busy() / FULL);
        return (int) Math.min(load.tasks(), Math.max(1, Math.max(byLag, byWork)));
    }

    private void remember(int tasks, long now) {
        while (!needs.isEmpty() && needs.getLast().tasks() <= tasks) {
            needs.removeLast();
        }
        needs.addLast(new Need(now, tasks));
    }

    private void changed(long now) {
        changedAt = now;
        needs.clear();
    }

    private static ScaleDecision steady(Load load) {
        return new ScaleDecision(load.tasks(), Cause.STEADY, "");
    }

    private String lagText(Load load) {
        return "%s, more than %s for each of %s"
                .formatted(
                        load.waiting() == 1
                                ? "1 record waits"
                                : number(load.waiting()) + " records wait",
                        number(spec.lag()),
                        count(load.tasks(), "task"));
    }

    private String ageText(Load load) {
        return "the oldest record is %s old, more than %s"
                .formatted(text(Duration.ofMillis(load.oldestMillis())), text(spec.age()));
    }

    private String limitText(Load load) {
        return load.tasks() >= spec.max()
                ? ", but no more than " + count(spec.max(), "task") + " may run"
                : ", but " + partitionsText(load);
    }

    private static String partitionsText(Load load) {
        return "more tasks than partitions of its inputs cannot help, and there "
                + (load.partitions() == 1 ? "is 1" : "are " + load.partitions());
    }

    private static String count(int number, String what) {
        return number == 1 ? "1 " + what : number + " " + what + "s";
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** As in {@code 30 s} or {@code 0.25 s}. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 == 0 || millis >= 100_000) {
            return millis / 1000 + " s";
        }
        return (millis < 1000
                ? millis + " ms"
                : String.format(Locale.ROOT, "%.1f s", millis / 1e3));
    }
}
