package io.millrace.stream;

import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pipelines that could not be looked at: about each of them the log is asked again after a while,
 * and the others are looked at as ever. For the thread of the loop only.
 */
final class ScalePauses {

    private static final Logger logger = LoggerFactory.getLogger(ScalePauses.class);

    private final TimeSource time;
    private final BooleanSupplier isEnding;
    private final Map<Scaling, Pause> pauses = new HashMap<>();

    // ---- of one turn
    private int failed;
    private @Nullable Scaling first;
    private @Nullable RuntimeException reason;
    private Duration wait = Duration.ZERO;

    private static final class Pause {
        private final Backoff waits = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
        private long until;
    }

    /**
     * Without any.
     *
     * @param isEnding whether a failure only says that the loop ends: then it is thrown
     */
    ScalePauses(TimeSource time, BooleanSupplier isEnding) {
        this.time = time;
        this.isEnding = isEnding;
    }

    /** Forgets all other pipelines. */
    void keep(Collection<Scaling> pipelines) {
        pauses.keySet().retainAll(Set.copyOf(pipelines));
    }

    boolean isPaused(Scaling pipeline) {
        Pause pause = pauses.get(pipeline);
        return pause != null && pause.until - time.nanoTime() > 0;
    }

    /** Looks at a pipeline. */
    void guard(Scaling pipeline, Runnable look) {
        try {
            look.run();
        } catch (RuntimeException e) {
            note(pipeline, e);
        }
    }

    /** Asks the log about a pipeline; when it answers there is nothing to wait for. */
    void ask(Scaling pipeline, Runnable question) {
        guard(
                pipeline,
                () -> {
                    question.run();
                    pauses.remove(pipeline);
                });
    }

    /** A pipeline could not be looked at. */
    void note(Scaling pipeline, RuntimeException e) {
        if (isEnding.getAsBoolean()) {
            throw e;
        }
        Pause pause = pauses.computeIfAbsent(pipeline, _ -> new Pause());
        Duration next = pause.waits.next();
        pause.until = time.nanoTime() + next.toNanos();
        failed++;
        if (reason == null) {
            first = pipeline;
            reason = e;
            wait = next;
        }
    }

    /** Says once what failed in this turn. */
    void tell() {
        RuntimeException known = reason;
        if (known == null || first == null) {
            return;
        }
        String which = first.group() + (failed > 1 ? " and " + (failed - 1) + " others" : "");
        if (known instanceof MillraceException e && e.code().isTransient()) {
            logger.info("Not scaled for {} s: {}: {}", wait.toSeconds(), which, e.text());
        } else {
            logger.warn("Not scaled for {} s: {}", wait.toSeconds(), which, known);
        }
        failed = 0;
        first = null;
        reason = null;
    }
}
