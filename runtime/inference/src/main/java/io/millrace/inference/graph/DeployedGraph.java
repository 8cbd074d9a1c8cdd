package io.millrace.inference.graph;

import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Step;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A graph that can be called: conditions read, workers started. What it does never changes; it
 * counts its calls, so that its workers stay until the last one has its answer.
 */
final class DeployedGraph {

    private final InferenceGraphSpec spec;
    private final Map<ResourceName, FunctionSpec> functions;
    private final Map<String, Node> nodes;
    private final Map<ResourceName, FunctionCaller> callers;
    private final GraphMeters meters;

    /** Calls under way, and one more until {@link #retire}. */
    private final AtomicInteger uses = new AtomicInteger(1);

    private DeployedGraph(
            InferenceGraphSpec spec,
            Map<ResourceName, FunctionSpec> functions,
            Map<String, Node> nodes,
            Map<ResourceName, FunctionCaller> callers,
            GraphMeters meters) {
        this.spec = spec;
        this.functions = Map.copyOf(functions);
        this.nodes = nodes;
        this.callers = Map.copyOf(callers);
        this.meters = meters;
        this.callers.values().forEach(FunctionCaller::hold);
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
        GraphMeters graphMeters = GraphMeters.of(meters, key);
        var callers = new HashMap<ResourceName, FunctionCaller>();
        var started = new ArrayList<FunctionCaller>();
        boolean isComplete = false;
        try {
            for (var function : new TreeMap<>(functions).entrySet()) {
                ResourceName name = function.getKey();
                FunctionCaller caller =
                        before == null ? null : before.callerOf(name, function.getValue());
                if (caller == null) {
                    var launch = launch(key, name, function.getValue(), callers.size());
                    caller = FunctionCaller.start(key.name().value(), runtime.start(launch), time);
                    started.add(caller);
                }
                callers.put(name, caller);
            }
            isComplete = true;
        } finally {
            if (!isComplete) {
                started.forEach(FunctionCaller::close);
            }
        }
        return new DeployedGraph(spec, functions, nodes, callers, graphMeters);
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
            throw MillraceException.internal("there is no node " + name, null);
        }
        return node;
    }

    FunctionCaller function(Target.Function target) {
        FunctionCaller caller = callers.get(target.name());
        if (caller == null) {
            throw MillraceException.internal(
                    "there is no worker for function " + target.name(), null);
        }
        return caller;
    }

    /** A call begins; false when the graph has ended, and another may have taken its place. */
    boolean tryEnter() {
        int now = uses.get();
        while (now > 0) {
            if (uses.compareAndSet(now, now + 1)) {
                return true;
            }
            now = uses.get();
        }
        return false;
    }

    /** The end of a call. */
    void leave() {
        if (uses.decrementAndGet() == 0) {
            // Its caller has its answer and shall not wait for processes to end.
            Thread.ofVirtual().name("graph-end").start(this::releaseCallers);
        }
    }

    /**
     * It takes no more calls. Workers that no other graph goes on with end with the last call;
     * their ends are waited for here when there is none.
     */
    void retire() {
        if (uses.decrementAndGet() == 0) {
            releaseCallers();
        }
    }

    private void releaseCallers() {
        callers.values().forEach(FunctionCaller::release);
    }

    /** Ends its workers at once; calls under way fail. */
    void close() {
        callers.values().forEach(FunctionCaller::close);
    }
}
