package io.millrace.spi;

import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import java.util.Map;

/** The port through which control says which inference graphs can be called. */
public interface GraphHost {

    /**
     * Makes a graph callable, or changes it: calls under way go on as they began, and workers that
     * only they need end with the last of them. Calling it again with the same arguments does
     * nothing.
     *
     * @param functions the specs of all functions that its steps name
     */
    void deploy(
            ResourceKey graph, InferenceGraphSpec spec, Map<ResourceName, FunctionSpec> functions);

    /**
     * Ends a graph and its function workers: a call under way fails at its next function. Nothing
     * happens when it is not there.
     */
    void remove(ResourceKey graph);
}
