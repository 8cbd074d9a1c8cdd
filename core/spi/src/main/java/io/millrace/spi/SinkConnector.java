package io.millrace.spi;

import io.millrace.api.PipelineSpec;
import io.millrace.api.ProjectId;
import java.util.Optional;

/** A plug-in for one kind of output. */
public interface SinkConnector {

    /**
     * Opens a sink for an output of a pipeline of a project. Called once for each task and output.
     *
     * @return empty when this plug-in does not serve that kind of output
     * @throws io.millrace.api.MillraceException when it serves it and cannot open it
     */
    Optional<Sink> open(ProjectId project, PipelineSpec.Output output);
}
