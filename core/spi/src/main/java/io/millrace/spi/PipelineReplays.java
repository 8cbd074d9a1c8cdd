package io.millrace.spi;

import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Sends a pipeline's past through its steps again, apart from all that is live, and compares the
 * answers with those that were given then. Any thread.
 */
public interface PipelineReplays {

    /**
     * Begins in the background.
     *
     * @throws io.millrace.api.MillraceException {@code INVALID} for what can never be replayed,
     *     {@code NOT_FOUND} for a version that is not there, {@code OVERLOADED} when too many run,
     *     {@code UNAVAILABLE} when the pipeline is not deployed
     */
    Job start(ResourceKey pipeline, Request request);

    /** Those that run and the last ones that ended, oldest first. */
    List<Job> of(ResourceKey pipeline);

    /**
     * How one does.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}
     */
    Job job(ResourceKey pipeline, String id);

    /**
     * Ends one early; nothing happens when it has ended already.
     *
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND}
     */
    Job cancel(ResourceKey pipeline, String id);

    /**
     * What to replay.
     *
     * @param from of the first records
     * @param to of the first records that are not wanted any more
     * @param models other versions than the declared ones
     * @param branch also keeps the new answers, in the log topic of this name
     * @param limit at most so many records
     * @param examples so many records that differ are shown
     */
    record Request(
            Instant from,
            Instant to,
            Map<ResourceName, Integer> models,
            Optional<ResourceName> branch,
            long limit,
            int examples) {
        public Request {
            models = Map.copyOf(models);
        }
    }

    /** Where a replay stands. */
    enum State {
        RUNNING,
        DONE,
        FAILED,
        CANCELLED
    }

    /**
     * A replay.
     *
     * @param id of it
     * @param pipeline whose
     * @param request what was asked for
     * @param state where it stands
     * @param message why, for people
     * @param done how many records were handled
     * @param total about how many there are
     * @param startedAt when it was asked for
     * @param report what it found so far
     */
    record Job(
            String id,
            ResourceKey pipeline,
            Request request,
            State state,
            String message,
            long done,
            long total,
            Instant startedAt,
            Report report) {}

    /** With what the new answers are compared. */
    enum Reference {
        /** With those that were given then, which the log keeps. */
        KEPT,
        /** With those of the declared versions now, since none were kept. */
        SERVING
    }

    /**
     * What was found.
     *
     * @param reference with what the new answers are compared
     * @param source where those came from, for people
     * @param records how many there were
     * @param same equal answers
     * @param different other answers
     * @param onlyThen only the old way gave an answer
     * @param onlyNow only the new way gave an answer
     * @param neither no way gave an answer
     * @param failedThen failed the old way only
     * @param failedNow failed the new way only
     * @param agreement the share of equal answers among the records that either way answered; empty
     *     when there are none
     * @param labels how often which label took the place of which, for classifications
     * @param numbers how many numbers were compared
     * @param meanDifference their mean absolute difference; empty when there are none
     * @param examples the first records that differ
     */
    record Report(
            Reference reference,
            String source,
            long records,
            long same,
            long different,
            long onlyThen,
            long onlyNow,
            long neither,
            long failedThen,
            long failedNow,
            OptionalDouble agreement,
            List<LabelCount> labels,
            long numbers,
            OptionalDouble meanDifference,
            List<Example> examples) {
        public Report {
            labels = List.copyOf(labels);
            examples = List.copyOf(examples);
        }
    }

    /**
     * How often a label came in the place of another one, or of itself.
     *
     * @param then the old one
     * @param now the new one
     * @param count how often
     */
    record LabelCount(String then, String now, long count) {}

    /**
     * A record that differs.
     *
     * @param position where it stands
     * @param then what was answered; a failure in words
     * @param now what would be answered; a failure in words
     */
    record Example(LogPosition position, List<String> then, List<String> now) {}
}
