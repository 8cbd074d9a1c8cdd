package io.millrace.inference.graph;

import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Step;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.Kind;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.codec.json.GjsonPath;
import io.millrace.spi.FunctionLaunch;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.Meters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A graph that can be called: conditions read, workers started. Never changes. */
final class DeployedGraph {

    private final InferenceGraphSpec spec;
    private final Map<ResourceName, FunctionSpec> functions;
    private final Map<String, Node> nodes;
    private final Map<ResourceName, FunctionCaller> callers;
    private final GraphMeters meters;

    private DeployedGraph(
            InferenceGraphSpec spec,
            Map<ResourceName, FunctionSpec> functions,
            Map<String, Node> nodes,
            Map<ResourceName, FunctionCaller> callers,
            GraphMeters meters) {
        this.spec = spec;
        this.functions = Map.copyOf(functions);
        this.nodes = nodes;
        this.callers = callers;
        this.meters = meters;
    }

    /** A node whose steps are ready to run. */
    record Node(InferenceGraphSpec.Router router, List<ReadyStep> steps) {}

    /**
     * A step with its condition read.
     *
     * @param label under which an ensemble puts its answer
     */
    record ReadyStep(Step step, String label, @Nullable GjsonPath condition) {}

    /**
     * Makes a graph ready.
     *
     * @param before whose workers go on where their functions are the same
     */
    static DeployedGraph of(
            ResourceKey key,
            InferenceGraphSpec spec,
            Map<ResourceName, FunctionSpec> functions,
            @Nullable DeployedGraph before,
            FunctionRuntime runtime,
            TimeSource time,
            Meters meters) {
        var nodes = new LinkedHashMap<String, Node>();
        spec.nodes().forEach((name, node) -> nodes.put(name, ready(node)));
        var callers = new HashMap<ResourceName, FunctionCaller>();
        for (var function : new TreeMap<>(functions).entrySet()) {
            FunctionCaller kept =
                    before == null ? null : before.callerOf(function.getKey(), function.getValue());
            callers.put(
                    function.getKey(),
                    kept != null
                            ? kept
                            : new FunctionCaller(
                                    key.name().value(),
                                    runtime.start(
                                            launch(
                                                    key,
                                                    function.getKey(),
                                                    function.getValue(),
                                                    callers.size())),
                                    time));
        }
        return new DeployedGraph(spec, functions, nodes, callers, GraphMeters.of(meters, key));
    }

    private static Node ready(InferenceGraphSpec.Node node) {
        var steps = new ArrayList<ReadyStep>();
        for (Step step : node.steps()) {
            steps.add(
                    new ReadyStep(
                            step,
                            step.name().isEmpty() ? Integer.toString(steps.size()) : step.name(),
                            step.condition().isEmpty() ? null : GjsonPath.parse(step.condition())));
        }
        return new Node(node.router(), List.copyOf(steps));
    }

    private static FunctionLaunch launch(
            ResourceKey graph, ResourceName name, FunctionSpec function, int index) {
        return new FunctionLaunch(
                graph,
                ResourceKey.of(Kind.FUNCTION, graph.project(), name),
                function,
                index,
                0,
                Map.of(),
                graph.name().value(),
                graph.name().value());
    }

    private @Nullable FunctionCaller callerOf(ResourceName name, FunctionSpec function) {
        return function.equals(functions.get(name)) ? callers.get(name) : null;
    }

    boolean isOf(InferenceGraphSpec other, Map<ResourceName, FunctionSpec> otherFunctions) {
        return spec.equals(other) && functions.equals(otherFunctions);
    }

    GraphMeters meters() {
        return meters;
    }

    /**
     * A node; there is one for every name that a step has, which was checked when it was written.
     */
    Node node(String name) {
        Node node = nodes.get(name);
        if (node == null) {
            throw io.millrace.api.MillraceException.internal("there is no node " + name, null);
        }
        return node;
    }

    FunctionCaller function(Target.Function target) {
        FunctionCaller caller = callers.get(target.name());
        if (caller == null) {
            throw io.millrace.api.MillraceException.internal(
                    "there is no worker for function " + target.name(), null);
        }
        return caller;
    }

    /** Ends the workers that another does not go on with. */
    void closeAllBut(DeployedGraph next) {
        for (FunctionCaller caller : callers.values()) {
            if (!next.callers.containsValue(caller)) {
                caller.close();
            }
        }
    }

    void close() {
        callers.values().forEach(FunctionCaller::close);
    }
}
