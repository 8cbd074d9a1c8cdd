package io.millrace.inference.graph;

import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.Kind;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TimeSource;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.GraphHost;
import io.millrace.spi.GraphServing;
import io.millrace.spi.Meters;
import io.millrace.spi.ModelServing;
import io.millrace.spi.TransformerServing;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * The inference graphs of this process. Control deploys them, the network faces call them; nothing
 * goes over the network between their steps.
 */
public final class GraphRuntime implements GraphHost, GraphServing, AutoCloseable {

    private final ModelServing models;
    private final TransformerServing transformers;
    private final FunctionRuntime functions;
    private final Meters meters;
    private final TimeSource time;
    private final RandomGenerator random;
    private final Map<ResourceKey, DeployedGraph> graphs = new ConcurrentHashMap<>();

    /** One change at a time; calls do not wait for it. */
    private final Object changes = new Object();

    /**
     * Makes the runtime; it has no graphs yet.
     *
     * @param models what model steps call
     * @param functions where the workers of function steps come from
     * @param meters where numbers go
     * @param time the clock
     * @param random by which splitters choose; used from many threads
     */
    public GraphRuntime(
            ModelServing models,
            FunctionRuntime functions,
            Meters meters,
            TimeSource time,
            RandomGenerator random) {
        this(models, TransformerServing.none(), functions, meters, time, random);
    }

    /**
     * The same, where models may have transformers.
     *
     * @param transformers what steps call whose model has one
     */
    public GraphRuntime(
            ModelServing models,
            TransformerServing transformers,
            FunctionRuntime functions,
            Meters meters,
            TimeSource time,
            RandomGenerator random) {
        this.models = models;
        this.transformers = transformers;
        this.functions = functions;
        this.meters = meters;
        this.time = time;
        this.random = random;
    }

    @Override
    public void deploy(
            ResourceKey key, InferenceGraphSpec spec, Map<ResourceName, FunctionSpec> needed) {
        synchronized (changes) {
            DeployedGraph before = graphs.get(key);
            if (before != null && before.isOf(spec, needed)) {
                return;
            }
            graphs.put(key, DeployedGraph.of(key, spec, needed, before, functions, time, meters));
            if (before != null) {
                before.retire();
            }
        }
    }

    @Override
    public void remove(ResourceKey key) {
        synchronized (changes) {
            DeployedGraph gone = graphs.remove(key);
            if (gone != null) {
                gone.close();
            }
        }
        meters.forget("project", key.project().value(), "graph", key.name().value());
    }

    @Override
    public Answer run(Call call) {
        DeployedGraph graph =
                enter(ResourceKey.of(Kind.INFERENCE_GRAPH, call.project(), call.graph()));
        long start = time.nanoTime();
        try {
            Answer answer =
                    new GraphRun(graph, call, models, transformers, time, random, start).run();
            graph.meters().count(answer, time.nanoTime() - start);
            return answer;
        } catch (MillraceException e) {
            graph.meters().count(new Answer.Failed(e), time.nanoTime() - start);
            throw e;
        } finally {
            graph.leave();
        }
    }

    private DeployedGraph enter(ResourceKey key) {
        while (true) {
            DeployedGraph graph = graphs.get(key);
            if (graph == null) {
                throw MillraceException.notFound(
                        "Inference graph with name " + key.name() + " does not exist.");
            }
            if (graph.tryEnter()) {
                return graph;
            }
            // Another one has taken its place before it ended.
        }
    }

    @Override
    public List<ResourceName> list(ProjectId project) {
        return graphs.keySet().stream()
                .filter(key -> key.project().equals(project))
                .map(ResourceKey::name)
                .sorted()
                .toList();
    }

    /** Ends all function workers. Idempotent. */
    @Override
    public void close() {
        graphs.keySet().forEach(this::remove);
    }
}
