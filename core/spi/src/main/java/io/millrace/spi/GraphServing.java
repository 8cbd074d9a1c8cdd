package io.millrace.spi;

import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import java.time.Duration;
import java.util.List;

/** Calls inference graphs. */
public interface GraphServing {

    /**
     * Runs a graph. Blocks.
     *
     * @return the answer of the last step, also when that is a failure
     * @throws io.millrace.api.MillraceException {@code NOT_FOUND} unknown graph, or a switch none
     *     of whose conditions holds; {@code INTERNAL} a sequence whose first step has a condition
     *     that cannot be tested
     */
    Answer run(Call call);

    /** The graphs of a project, by name. */
    List<ResourceName> list(ProjectId project);

    /**
     * One call.
     *
     * @param project whose graph
     * @param graph its name
     * @param body JSON
     * @param routing by what canaries of the models divide callers; empty when there is nothing
     * @param timeout the most that all steps together may take
     */
    record Call(
            ProjectId project, ResourceName graph, byte[] body, String routing, Duration timeout) {}

    /** What came of a call. */
    sealed interface Answer {
        /** JSON. */
        record Done(byte[] body) implements Answer {}

        /** A step failed and nothing after it made up for it. */
        record Failed(io.millrace.api.MillraceException reason) implements Answer {}
    }
}
