package io.millrace.spi;

import io.millrace.api.FunctionSpec;
import io.millrace.api.ResourceKey;
import java.util.Map;
import java.util.Optional;

/**
 * What a worker needs to know.
 *
 * @param pipeline for which it works
 * @param function its key
 * @param spec its code, environment and limits
 * @param step its place in the pipeline, from 0
 * @param worker distinguishes the workers of one step, from 0
 * @param args this pipeline's values for the function's parameters
 * @param input what its log says that it subscribes to: {@code input} for the first step
 * @param output what its log says that it publishes to: the destination for the last step
 * @param transformer what else there is when it is a model's transformer; then the model stands in
 *     the place of the pipeline
 */
public record FunctionLaunch(
        ResourceKey pipeline,
        ResourceKey function,
        FunctionSpec spec,
        int step,
        int worker,
        Map<String, String> args,
        String input,
        String output,
        Optional<TransformerLaunch> transformer) {

    public FunctionLaunch {
        args = Map.copyOf(args);
    }

    /** A step of a pipeline or graph. */
    public FunctionLaunch(
            ResourceKey pipeline,
            ResourceKey function,
            FunctionSpec spec,
            int step,
            int worker,
            Map<String, String> args,
            String input,
            String output) {
        this(pipeline, function, spec, step, worker, args, input, output, Optional.empty());
    }
}
