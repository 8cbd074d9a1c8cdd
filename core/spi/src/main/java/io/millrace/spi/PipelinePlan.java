package io.millrace.spi;

import io.millrace.api.FunctionSpec;
import io.millrace.api.PipelineSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that the runtime needs to run a pipeline.
 *
 * @param pipeline its key
 * @param uid of this incarnation; part of the consumer group's name
 * @param createdAt when it was created: where reading starts
 * @param spec as declared
 * @param inputs the topics it reads, with what was known when they were chosen
 * @param functions the functions its steps name
 * @param generations for each of these functions, which of its specs that is: outputs name it
 */
public record PipelinePlan(
        ResourceKey pipeline,
        String uid,
        Instant createdAt,
        PipelineSpec spec,
        List<Input> inputs,
        Map<ResourceName, FunctionSpec> functions,
        Map<ResourceName, Long> generations) {

    public PipelinePlan {
        inputs = List.copyOf(inputs);
        functions = Map.copyOf(functions);
        generations = Map.copyOf(generations);
    }

    /** A plan that does not know the generations of its functions. */
    public PipelinePlan(
            ResourceKey pipeline,
            String uid,
            Instant createdAt,
            PipelineSpec spec,
            List<Input> inputs,
            Map<ResourceName, FunctionSpec> functions) {
        this(pipeline, uid, createdAt, spec, inputs, functions, Map.of());
    }

    /**
     * One stream that the pipeline reads.
     *
     * @param logTopic its topic in the log, which exists
     * @param selectors the categories by which it was chosen: name to value
     * @param objects what its records are news of; empty when they are the data themselves
     */
    public record Input(
            String logTopic, Map<String, String> selectors, Optional<ObjectInput> objects) {
        public Input {
            selectors = Map.copyOf(selectors);
        }

        /** Of records that are the data themselves. */
        public Input(String logTopic, Map<String, String> selectors) {
            this(logTopic, selectors, Optional.empty());
        }

        /** Whether it holds what the pipeline shall try again. */
        public boolean isRetries() {
            return LogTopic.isRetries(logTopic);
        }
    }
}
