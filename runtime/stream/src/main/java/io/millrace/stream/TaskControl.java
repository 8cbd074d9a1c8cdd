package io.millrace.stream;

import io.millrace.api.TimeSource;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.ObjectInput;
import io.millrace.spi.PipelinePlan;
import io.millrace.spi.PipelineState;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a task and those outside of its thread tell each other: stop, give up, read other topics;
 * how it does, how far it is behind.
 */
final class TaskControl {

    /** A pause is cut into pieces so that a task that has to stop does so soon. */
    private static final Duration PIECE = Duration.ofMillis(20);

    private final TimeSource time;
    private final Runnable changed;
    private final TaskLoad load = new TaskLoad();
    private volatile Watcher watcher = Watcher.NONE;
    private volatile boolean hasRun;
    private volatile boolean isStopping;
    private volatile boolean isAborted;
    private volatile Runnable onAbort = () -> {};
    private volatile Inputs inputs;
    private volatile PipelineState state = new PipelineState.Starting("joining the group");
    private volatile long lag;
    private volatile long lagAt;
    private volatile @Nullable LogConsumer consumer;
    private volatile boolean isHopeless;
    private boolean isPatient = true;
    private long patientUntil;

    TaskControl(TimeSource time, List<PipelinePlan.Input> inputs, Runnable changed) {
        this.time = time;
        this.inputs = Inputs.of(inputs);
        this.changed = changed;
        this.lagAt = time.nanoTime();
    }

    /** Hears of the states of a task, on its thread. */
    interface Watcher {
        /** Nobody. */
        Watcher NONE =
                new Watcher() {
                    @Override
                    public void changed(PipelineState before, PipelineState after) {}

                    @Override
                    public void ended(PipelineState last) {}
                };

        void changed(PipelineState before, PipelineState after);

        void ended(PipelineState last);
    }

    /** The topics to read and what is known of each. */
    record Inputs(
            Set<String> topics,
            Map<String, Map<String, String>> selectors,
            Map<String, ObjectInput> objects) {
        static Inputs of(List<PipelinePlan.Input> inputs) {
            return new Inputs(
                    inputs.stream()
                            .map(PipelinePlan.Input::logTopic)
                            .collect(Collectors.toUnmodifiableSet()),
                    inputs.stream()
                            .collect(
                                    Collectors.toUnmodifiableMap(
                                            PipelinePlan.Input::logTopic,
                                            PipelinePlan.Input::selectors,
                                            (first, _) -> first)),
                    objects(inputs));
        }

        private static Map<String, ObjectInput> objects(List<PipelinePlan.Input> inputs) {
            var objects = new HashMap<String, ObjectInput>();
            for (PipelinePlan.Input input : inputs) {
                input.objects().ifPresent(o -> objects.putIfAbsent(input.logTopic(), o));
            }
            return Map.copyOf(objects);
        }
    }

    // ---- from outside

    void watcher(Watcher next) {
        watcher = next;
    }

    /** Whether it has ever worked. */
    boolean hasRun() {
        return hasRun;
    }

    /** When the lag was measured. */
    long lagAt() {
        return lagAt;
    }

    /** Ask the task to finish its batch and end. */
    void stop() {
        isStopping = true;
        wakeup();
    }

    /** Ask the task to drop its batch at the next chance; it will be read again. */
    void abort() {
        isAborted = true;
        stop();
    }

    /** Ends the calls that the task's thread may be blocked in; may take a second. */
    void endCalls() {
        onAbort.run();
    }

    void inputs(List<PipelinePlan.Input> next) {
        inputs = Inputs.of(next);
        wakeup();
    }

    private void wakeup() {
        LogConsumer reading = consumer;
        if (reading != null) {
            reading.wakeup();
        }
    }

    PipelineState state() {
        return state;
    }

    long lag() {
        return lag;
    }

    TaskLoad load() {
        return load;
    }

    // ---- from the task's thread

    boolean isStopping() {
        return isStopping;
    }

    /** Which consumer a wake-up goes to; null when there is none any more. */
    void reading(@Nullable LogConsumer current) {
        consumer = current;
        if (current == null) {
            lag = 0;
            load.end(time.nanoTime());
        }
    }

    /** What ends the calls that the task's thread may be blocked in. */
    void onAbort(Runnable action) {
        onAbort = action;
    }

    Inputs inputs() {
        return inputs;
    }

    Map<String, String> selectors(String topic) {
        return inputs.selectors().getOrDefault(topic, Map.of());
    }

    /** What the records of a topic are news of; null when they are the data themselves. */
    @Nullable ObjectInput objects(String topic) {
        return inputs.objects().get(topic);
    }

    void lag(long records) {
        lag = records;
        lagAt = time.nanoTime();
    }

    void report(PipelineState next) {
        PipelineState before = state;
        if (!next.equals(before)) {
            hasRun = hasRun || next instanceof PipelineState.Running;
            state = next;
            watcher.changed(before, next);
            changed.run();
        }
    }

    /** Its thread ends. */
    void ended() {
        watcher.ended(state);
    }

    void failOnAbort() {
        if (isAborted) {
            throw new BatchAbandoned();
        }
    }

    /** From now on pauses end the work after this time: for work that nobody needs done. */
    void patience(Duration duration) {
        isPatient = false;
        patientUntil = time.nanoTime() + duration.toNanos();
    }

    /**
     * What is waited for will not come by itself: work that nobody needs done ends.
     *
     * @throws BatchAbandoned unless there is patience without end
     */
    void failUnlessPatient() {
        if (!isPatient) {
            isHopeless = true;
            throw new BatchAbandoned();
        }
    }

    /** Whether it ended because somebody would have to mend something first. */
    boolean isHopeless() {
        return isHopeless;
    }

    /**
     * Waits before another attempt.
     *
     * @throws BatchAbandoned when the task has to stop
     */
    void pause(Duration duration) {
        long end = time.nanoTime() + duration.toNanos();
        while (true) {
            if (isStopping || Thread.currentThread().isInterrupted() || isOverdue()) {
                throw new BatchAbandoned();
            }
            long left = end - time.nanoTime();
            if (left <= 0) {
                return;
            }
            time.pause(left < PIECE.toNanos() ? Duration.ofNanos(left) : PIECE);
        }
    }

    private boolean isOverdue() {
        return !isPatient && time.nanoTime() - patientUntil >= 0;
    }
}
