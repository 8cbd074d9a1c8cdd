package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ReservedTopics;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.LogTopic;
import io.millrace.spi.StreamLog;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The topics of the log that an output writes to: allowed, and there. One thread uses it. */
final class LogTopics implements AutoCloseable {

    /** Templates may make many names; those of the least recent batches are asked for again. */
    private static final int MAX_KNOWN = 1_000;

    private final StreamLog log;
    private final boolean mayOwn;
    private final @Nullable AskedTopics asked;
    private final Set<String> known = new HashSet<>();

    private LogTopics(StreamLog log, boolean mayOwn, @Nullable AskedTopics asked) {
        this.log = log;
        this.mayOwn = mayOwn;
        this.asked = asked;
    }

    /** Those of an output, of which requests may name some: not all that they name are made. */
    static LogTopics of(
            StreamLog log,
            TimeSource time,
            ResourceKey pipeline,
            int index,
            PipelineSpec.KafkaOutput output,
            ReplyTopics made) {
        return new LogTopics(
                log,
                false,
                output.isReply()
                        ? new AskedTopics(
                                log, time, topic -> made.allow(pipeline, index, output, topic))
                        : null);
    }

    /** Those that Millrace names. */
    static LogTopics own(StreamLog log) {
        return new LogTopics(log, true, null);
    }

    /**
     * Sees to it that a topic can be written to.
     *
     * @param isAskedFor whether a request names it, rather than the output
     * @throws MillraceException {@code INVALID} when no log takes the name, {@code DENIED} when it
     *     is Millrace's own, {@code TOO_LARGE} when it is one too many that requests have made,
     *     {@code UNAVAILABLE} when the log cannot be reached
     */
    void require(String topic, boolean isAskedFor) {
        if (known.contains(topic)) {
            return;
        }
        LogTopic.requireValid(topic);
        Optional<String> problem = ReservedTopics.problem(topic);
        if (!mayOwn && problem.isPresent()) {
            throw new MillraceException(
                    ErrorCode.DENIED, "\"%s\": %s".formatted(topic, problem.get()));
        }
        if (asked == null || !isAskedFor) {
            log.ensureTopics(Set.of(topic));
        } else {
            asked.require(topic);
        }
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        known.add(topic);
    }

    /** The log is its owner's. Idempotent. */
    @Override
    public void close() {
        if (asked != null) {
            asked.close();
        }
    }
}
