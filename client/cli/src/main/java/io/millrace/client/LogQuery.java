package io.millrace.client;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which log lines.
 *
 * @param project of the pipeline
 * @param pipeline whose steps wrote them
 * @param step of this step only; null for all
 * @param tail at most so many of the newest that are there already
 */
public record LogQuery(ProjectId project, ResourceName pipeline, @Nullable String step, int tail) {

    Optional<String> onlyStep() {
        return Optional.ofNullable(step);
    }

    LogQuery withTail(int newTail) {
        return new LogQuery(project, pipeline, step, newTail);
    }
}
