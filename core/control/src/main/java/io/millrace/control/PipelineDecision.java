package io.millrace.control;

import io.millrace.spi.PipelinePlan;
import java.util.List;

/** What is to be done for a pipeline. */
sealed interface PipelineDecision {
    /** It cannot run as declared, or not yet. */
    record Block(String reason, String message) implements PipelineDecision {}

    /** Nothing is wrong, but no stream is there to be read. */
    record Wait() implements PipelineDecision {}

    /** It runs by this plan, reading these streams. */
    record Deploy(PipelinePlan plan, List<StreamSelection.Stream> streams)
            implements PipelineDecision {
        public Deploy {
            streams = List.copyOf(streams);
        }
    }
}
