package io.millrace.client;

import io.millrace.api.Kind;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which log lines.
 *
 * @param kind whose: a pipeline's, or a model's, whose transformer wrote them
 * @param project of the pipeline
 * @param pipeline whose steps wrote them, or the model
 * @param step of this step only; null for all
 * @param tail at most so many of the newest that are there already
 */
public record LogQuery(
        Kind kind, ProjectId project, ResourceName pipeline, @Nullable String step, int tail) {

    /** Of a pipeline. */
    public LogQuery(ProjectId project, ResourceName pipeline, @Nullable String step, int tail) {
        this(Kind.PIPELINE, project, pipeline, step, tail);
    }

    Optional<String> onlyStep() {
        return Optional.ofNullable(step);
    }

    LogQuery withTail(int newTail) {
        return new LogQuery(kind, project, pipeline, step, newTail);
    }
}
