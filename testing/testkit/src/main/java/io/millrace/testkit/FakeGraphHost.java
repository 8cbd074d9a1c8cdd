package io.millrace.testkit;

import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.spi.GraphHost;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A graph host that remembers what it was told. */
public final class FakeGraphHost implements GraphHost {

    private final Map<ResourceKey, InferenceGraphSpec> graphs = new ConcurrentHashMap<>();

    @Override
    public void deploy(
            ResourceKey graph, InferenceGraphSpec spec, Map<ResourceName, FunctionSpec> functions) {
        graphs.put(graph, spec);
    }

    @Override
    public void remove(ResourceKey graph) {
        graphs.remove(graph);
    }

    /** Whether a graph can be called. */
    public boolean isDeployed(ResourceKey graph) {
        return graphs.containsKey(graph);
    }
}
