package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ReservedTopics;
import io.millrace.spi.LogTopic;
import io.millrace.spi.StreamLog;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** The topics of the log that an output writes to: allowed, and there. */
final class LogTopics {

    /** Templates may make many names; those of the least recent batches are asked for again. */
    private static final int MAX_KNOWN = 1_000;

    private final StreamLog log;
    private final boolean mayOwn;
    private final Set<String> known = new HashSet<>();

    private LogTopics(StreamLog log, boolean mayOwn) {
        this.log = log;
        this.mayOwn = mayOwn;
    }

    /** Those that users name: those of Millrace itself are refused. */
    static LogTopics free(StreamLog log) {
        return new LogTopics(log, false);
    }

    /** Those that Millrace names. */
    static LogTopics own(StreamLog log) {
        return new LogTopics(log, true);
    }

    /**
     * Sees to it that a topic can be written to.
     *
     * @throws MillraceException {@code INVALID} when no log takes the name, {@code DENIED} when it
     *     is Millrace's own, {@code UNAVAILABLE} when the log cannot be reached
     */
    void require(String topic) {
        if (known.contains(topic)) {
            return;
        }
        LogTopic.requireValid(topic);
        Optional<String> problem = ReservedTopics.problem(topic);
        if (!mayOwn && problem.isPresent()) {
            throw new MillraceException(
                    ErrorCode.DENIED, "\"%s\": %s".formatted(topic, problem.get()));
        }
        log.ensureTopics(Set.of(topic));
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        known.add(topic);
    }
}
