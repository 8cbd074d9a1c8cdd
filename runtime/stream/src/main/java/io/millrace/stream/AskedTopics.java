package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogReader;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the log that requests ask for: those that are there, and those that may be made for
 * them. One thread uses it; it connects at the first question.
 */
final class AskedTopics implements AutoCloseable {

    /** A name that is refused is not looked up again so soon: each would cost a question. */
    private static final Duration REFUSED_FOR = Duration.ofSeconds(5);

    private static final int MAX_REFUSED = 1_000;

    private final StreamLog log;
    private final TimeSource time;
    private final Consumer<String> mayMake;
    private final Map<String, Refusal> refused = new HashMap<>();
    private @Nullable LogReader reader;

    private record Refusal(ErrorCode code, String text, long until) {}

    /**
     * Those of one output.
     *
     * @param mayMake throws when a topic that is not there may not be made
     */
    AskedTopics(StreamLog log, TimeSource time, Consumer<String> mayMake) {
        this.log = log;
        this.time = time;
        this.mayMake = mayMake;
    }

    /**
     * Sees to it that a topic is there.
     *
     * @throws MillraceException when it is not and may not be made, or the log cannot be reached
     */
    void require(String topic) {
        Refusal refusal = refused.get(topic);
        if (refusal != null && refusal.until() - time.nanoTime() > 0) {
            throw new MillraceException(refusal.code(), refusal.text());
        }
        if (exists(topic)) {
            return;
        }
        try {
            mayMake.accept(topic);
        } catch (MillraceException e) {
            if (refused.size() >= MAX_REFUSED) {
                refused.clear();
            }
            long until = time.nanoTime() + REFUSED_FOR.toNanos();
            refused.put(topic, new Refusal(e.code(), e.text(), until));
            throw e;
        }
        log.ensureTopics(Set.of(topic));
    }

    /** A reader that failed is not asked again: the next question has a new one. */
    private boolean exists(String topic) {
        LogReader asked = reader;
        if (asked == null) {
            asked = log.reader(1);
            reader = asked;
        }
        try {
            return !asked.ranges(Set.of(topic)).isEmpty();
        } catch (MillraceException e) {
            try {
                close();
            } catch (MillraceException also) {
                e.addSuppressed(also);
            }
            throw e;
        }
    }

    /** Gives back what it asks with; the log is its owner's. Idempotent. */
    @Override
    public void close() {
        LogReader opened = reader;
        reader = null;
        if (opened != null) {
            opened.close();
        }
    }
}
