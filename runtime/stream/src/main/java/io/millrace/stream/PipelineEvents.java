package io.millrace.stream;

import io.millrace.api.ResourceKey;
import io.millrace.spi.EventLog;
import io.millrace.spi.EventLog.Severity;
import io.millrace.spi.PipelineState;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells the event log what happens to a pipeline. What several of its tasks suffer is told once:
 * when it begins for the first of them, and when it is over for the last.
 */
final class PipelineEvents {

    private final EventLog log;
    private final ResourceKey pipeline;
    private final Map<String, Integer> failing = new HashMap<>();
    private boolean isMuted;

    PipelineEvents(EventLog log, ResourceKey pipeline) {
        this.log = log;
        this.pipeline = pipeline;
    }

    /** What happens from now on belongs to its end. */
    synchronized void mute() {
        isMuted = true;
    }

    /** A task is in another state. */
    synchronized void changed(PipelineState before, PipelineState after) {
        if (after instanceof PipelineState.Failing(String message)
                && failing.merge(message, 1, Integer::sum) == 1) {
            tell(Severity.WARNING, Trouble.of(message).begins, message);
        }
        if (before instanceof PipelineState.Failing(String message)
                && isOver(message)
                && after instanceof PipelineState.Running) {
            tell(Severity.NORMAL, Trouble.of(message).ends, "no longer: " + message);
        }
    }

    /** A task has ended in this state. */
    synchronized void ended(PipelineState last) {
        if (last instanceof PipelineState.Failing(String message)) {
            isOver(message);
        }
    }

    private boolean isOver(String message) {
        Integer left = failing.computeIfPresent(message, (_, n) -> n == 1 ? null : n - 1);
        return left == null;
    }

    void scaled(int from, int to, String why) {
        tell(
                Severity.NORMAL,
                to > from ? "ScaledUp" : "ScaledDown",
                "from %d to %d tasks: %s".formatted(from, to, why));
    }

    void notScaled(String why) {
        tell(Severity.NORMAL, "NotScaled", why);
    }

    private synchronized void tell(Severity severity, String reason, String message) {
        if (!isMuted) {
            log.record(pipeline, severity, reason, message);
        }
    }

    /** What tasks suffer from; the beginning of their words tells. */
    private enum Trouble {
        TASK("task ", "TaskFailed", "TaskBack"),
        SINK("output ", "SinkAway", "SinkBack"),
        READING("reading: ", "LogAway", "LogBack"),
        COMMITTING("committing: ", "LogAway", "LogBack"),
        OTHER("", "Waiting", "WaitingEnded");

        private final String start;
        private final String begins;
        private final String ends;

        Trouble(String start, String begins, String ends) {
            this.start = start;
            this.begins = begins;
            this.ends = ends;
        }

        static Trouble of(String message) {
            for (Trouble trouble : values()) {
                if (message.startsWith(trouble.start)) {
                    return trouble;
                }
            }
            return OTHER;
        }
    }
}
