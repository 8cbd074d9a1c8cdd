package io.millrace.control;

import io.millrace.api.FunctionSpec;
import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Step;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.Kind;
import io.millrace.api.ModelSpec;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.spi.FunctionRuntime;
import io.millrace.spi.GraphHost;
import io.millrace.spi.ModelHost;
import io.millrace.spi.StepLogs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Has inference graphs called. A graph is callable as soon as all that it names exists: a model
 * that is not ready answers so itself, and a step's dependency says what that means.
 */
final class InferenceGraphReconciler implements Reconciler<InferenceGraphSpec> {
    private final GraphHost graphs;
    private final FunctionRuntime functions;
    private final ModelHost models;
    private final StepLogs stepLogs;

    InferenceGraphReconciler(
            GraphHost graphs, FunctionRuntime functions, ModelHost models, StepLogs stepLogs) {
        this.graphs = graphs;
        this.functions = functions;
        this.models = models;
        this.stepLogs = stepLogs;
    }

    @Override
    public Kind kind() {
        return Kind.INFERENCE_GRAPH;
    }

    @Override
    public Observation reconcile(Request<InferenceGraphSpec> request) {
        var found = new HashMap<ResourceName, FunctionSpec>();
        var missing = new ArrayList<String>();
        var notReady = new ArrayList<String>();
        for (Step step : steps(request.spec())) {
            switch (step.target()) {
                case Target.Model(var name, var version) -> {
                    var key = ResourceKey.of(Kind.MODEL, request.key().project(), name);
                    Optional<Resource<ModelSpec>> model =
                            request.image().find(key, ModelSpec.class);
                    if (model.isEmpty()) {
                        missing.add("model '" + name + "' does not exist");
                    } else {
                        ServingRule.missing(
                                        version,
                                        model.get().spec(),
                                        models.observe(key),
                                        models.serving(key))
                                .ifPresent(why -> notReady.add("model '" + name + "': " + why));
                    }
                }
                case Target.Function(var name) -> {
                    var key = ResourceKey.of(Kind.FUNCTION, request.key().project(), name);
                    Optional<Resource<FunctionSpec>> function =
                            request.image().find(key, FunctionSpec.class);
                    if (function.isEmpty()) {
                        missing.add("function '" + name + "' does not exist");
                    } else {
                        found.put(name, function.get().spec());
                        Observation environment =
                                FunctionReconciler.observe(functions.environment(key));
                        if (environment.ready() != io.millrace.api.Condition.Truth.TRUE) {
                            notReady.add("function '" + name + "': " + environment.message());
                        }
                    }
                }
                case Target.NodeOf _ -> {
                    // The steps of that node are looked at with it.
                }
            }
        }
        if (!missing.isEmpty()) {
            return Observation.notReady("Incomplete", String.join("; ", missing));
        }
        stepLogs.open(request.key());
        graphs.deploy(request.key(), request.spec(), found);
        Observation observed =
                notReady.isEmpty()
                        ? Observation.ready("Callable", "")
                        : Observation.notReady("StepsNotReady", String.join("; ", notReady));
        return observed.withDetails(Map.of("path", path(request.key())));
    }

    private static List<Step> steps(InferenceGraphSpec spec) {
        return spec.nodes().values().stream().flatMap(node -> node.steps().stream()).toList();
    }

    private static String path(ResourceKey key) {
        return "/projects/" + key.project() + "/v1/graphs/" + key.name();
    }

    @Override
    public void remove(ResourceKey key) {
        graphs.remove(key);
        stepLogs.remove(key);
    }
}
