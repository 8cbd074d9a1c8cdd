package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import io.millrace.api.ReservedTopics;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogTopic;
import io.millrace.spi.StreamLog;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The topics of the log that an output writes to: allowed, and there. */
final class LogTopics {

    /** Templates may make many names; those of the least recent batches are asked for again. */
    private static final int MAX_KNOWN = 1_000;

    private final StreamLog log;
    private final boolean mayOwn;
    private final Consumer<String> mayMake;
    private final boolean asksFirst;
    private final Set<String> known = new HashSet<>();

    private LogTopics(StreamLog log, boolean mayOwn, boolean asksFirst, Consumer<String> mayMake) {
        this.log = log;
        this.mayOwn = mayOwn;
        this.asksFirst = asksFirst;
        this.mayMake = mayMake;
    }

    private static LogTopics free(StreamLog log) {
        return new LogTopics(log, false, false, _ -> {});
    }

    /** Those of an output, of which requests may name some: not all that they name are made. */
    static LogTopics of(
            StreamLog log, ProjectId project, PipelineSpec.KafkaOutput output, ReplyTopics made) {
        return output.isReply()
                ? new LogTopics(log, false, true, topic -> made.allow(project, output, topic))
                : free(log);
    }

    /** Those that Millrace names. */
    static LogTopics own(StreamLog log) {
        return new LogTopics(log, true, false, _ -> {});
    }

    /**
     * Sees to it that a topic can be written to.
     *
     * @throws MillraceException {@code INVALID} when no log takes the name, {@code DENIED} when it
     *     is Millrace's own, {@code TOO_LARGE} when it is one too many that requests have made,
     *     {@code UNAVAILABLE} when the log cannot be reached
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
        if (!asksFirst || !exists(topic)) {
            mayMake.accept(topic);
            log.ensureTopics(Set.of(topic));
        }
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        known.add(topic);
    }

    private boolean exists(String topic) {
        try (LogReader reader = log.reader(1)) {
            return !reader.ranges(Set.of(topic)).isEmpty();
        }
    }
}
