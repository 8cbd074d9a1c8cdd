package io.millrace.codec;

import io.millrace.api.InferenceGraphSpec;
import io.millrace.api.InferenceGraphSpec.Node;
import io.millrace.api.InferenceGraphSpec.Router;
import io.millrace.api.InferenceGraphSpec.Step;
import io.millrace.api.InferenceGraphSpec.Target;
import io.millrace.api.MillraceException;
import io.millrace.api.VersionRef;
import io.millrace.codec.Node.MapNode;
import io.millrace.codec.json.GjsonPath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code kind: InferenceGraph}, in KServe's words. */
final class InferenceGraphCodec implements KindCodec<InferenceGraphSpec> {

    private static final int ALL = 100;
    private static final String RESPONSE = "$response";
    private static final Map<String, Router> ROUTERS = routers();
    private static final Map<String, Boolean> DEPENDENCIES = dependencies();

    private static Map<String, Router> routers() {
        var routers = new LinkedHashMap<String, Router>();
        Arrays.stream(Router.values()).forEach(router -> routers.put(router.label(), router));
        return routers;
    }

    private static Map<String, Boolean> dependencies() {
        var words = new LinkedHashMap<String, Boolean>();
        words.put("Soft", false);
        words.put("Hard", true);
        return words;
    }

    @Override
    public Class<InferenceGraphSpec> type() {
        return InferenceGraphSpec.class;
    }

    @Override
    public InferenceGraphSpec read(Fields spec) {
        spec.later("resources", "affinity", "timeout", "routerTimeouts", "minReplicas");
        Value written = spec.required("nodes");
        Map<String, Value> values = written.map();
        var nodes = new LinkedHashMap<String, Node>();
        values.forEach((name, value) -> nodes.put(name, node(value, values.keySet())));
        if (written.isPresent() && !values.containsKey(InferenceGraphSpec.ROOT)) {
            written.problem("missing the node 'root', where calls begin");
        }
        var graph = new InferenceGraphSpec(nodes);
        if (!written.reading().isUnchecked()) {
            refuseCycles(graph, values);
        }
        spec.rejectUnknown();
        return graph;
    }

    private static Node node(Value value, Set<String> names) {
        Fields fields = value.fields();
        Router router = fields.required("routerType").choice("router", ROUTERS, Set.of());
        Value written = fields.required("steps");
        var steps = new ArrayList<Step>();
        int weights = 0;
        for (Value item : written.filledItems()) {
            Step step = step(item, router, names);
            weights += step.weight();
            steps.add(step);
        }
        if (router == Router.SPLITTER && !steps.isEmpty() && weights != ALL) {
            written.problem("the weights of a Splitter must add up to 100, they give " + weights);
        }
        fields.rejectUnknown();
        return new Node(router, steps);
    }

    private static Step step(Value value, Router router, Set<String> names) {
        Fields fields = value.fields();
        fields.later("serviceUrl");
        Target target = target(fields, names);
        Value weight =
                router == Router.SPLITTER ? fields.required("weight") : fields.optional("weight");
        Value condition =
                router == Router.SWITCH
                        ? fields.required("condition")
                        : fields.optional("condition");
        checkCondition(condition);
        var step =
                new Step(
                        fields.optional("name").text(),
                        target,
                        takesResponse(fields.optional("data")),
                        weight.isPresent() ? weight.integer(0, ALL) : 0,
                        condition.text(),
                        fields.optional("dependency").choice("dependency", DEPENDENCIES, Set.of()),
                        fields.optional("mapPredictionsToInstances").bool(false));
        fields.rejectUnknown();
        return step;
    }

    private static Target target(Fields fields, Set<String> names) {
        String way = fields.oneOf("serviceName", "model", "function", "nodeName").orElse("model");
        Value value = fields.optional(way);
        Target target =
                switch (way) {
                    case "function" -> new Target.Function(value.name("function"));
                    case "nodeName" -> new Target.NodeOf(value.text());
                    default -> {
                        Value version = fields.optional("version");
                        yield new Target.Model(
                                value.name("model"), VersionRef.parse(version.looseText()));
                    }
                };
        if (target instanceof Target.NodeOf(String name)
                && value.isPresent()
                && !names.contains(name)) {
            value.problem(
                    "there is no node '"
                            + DocumentParser.shorten(name)
                            + "'"
                            + Spelling.hint(name, names));
        }
        return target;
    }

    private static boolean takesResponse(Value data) {
        String text = data.text();
        if (data.isPresent() && !text.equals(RESPONSE) && !text.equals("$request")) {
            data.problem(
                    "expected $request (the default) or $response, got '"
                            + DocumentParser.shorten(text)
                            + "'");
        }
        return text.equals(RESPONSE);
    }

    private static void checkCondition(Value condition) {
        if (condition.isPresent() && !condition.reading().isUnchecked()) {
            try {
                GjsonPath.parse(condition.text());
            } catch (MillraceException e) {
                condition.problem(e.text());
            }
        }
    }

    /** A node that leads to itself would never answer. */
    private static void refuseCycles(InferenceGraphSpec graph, Map<String, Value> values) {
        var done = new HashSet<String>();
        for (String start : graph.nodes().keySet()) {
            var path = new ArrayList<String>();
            if (leadsToItself(graph, start, path, done)) {
                Value value = values.get(start);
                if (value != null) {
                    value.problem("the nodes go in a circle: " + String.join(" -> ", path));
                }
                return;
            }
        }
    }

    private static boolean leadsToItself(
            InferenceGraphSpec graph, String name, List<String> path, Set<String> done) {
        boolean isRepeated = path.contains(name);
        path.add(name);
        if (isRepeated) {
            return true;
        }
        Node node = graph.nodes().get(name);
        if (node != null && !done.contains(name)) {
            for (Step step : node.steps()) {
                if (step.target() instanceof Target.NodeOf(String next)
                        && leadsToItself(graph, next, path, done)) {
                    return true;
                }
            }
        }
        done.add(name);
        path.removeLast();
        return false;
    }

    @Override
    public MapNode write(InferenceGraphSpec spec) {
        var nodes = io.millrace.codec.Node.map();
        spec.nodes().forEach((name, node) -> nodes.put(name, write(node)));
        return io.millrace.codec.Node.map().put("nodes", nodes.build()).build();
    }

    private static MapNode write(Node node) {
        return io.millrace.codec.Node.map()
                .put("routerType", node.router().label())
                .put(
                        "steps",
                        io.millrace.codec.Node.list(
                                node.steps().stream()
                                        .map(step -> write(step, node.router()))
                                        .toList()))
                .build();
    }

    private static MapNode write(Step step, Router router) {
        var map = io.millrace.codec.Node.map();
        if (!step.name().isEmpty()) {
            map.put("name", step.name());
        }
        switch (step.target()) {
            case Target.Model(var name, var version) -> {
                map.put("model", name.value());
                switch (version) {
                    case VersionRef.Serving() -> {
                        // Not written: it is the default.
                    }
                    case VersionRef.Numbered(int number) -> map.put("version", number);
                    case VersionRef.Alias(String alias) -> map.put("version", alias);
                }
            }
            case Target.Function(var name) -> map.put("function", name.value());
            case Target.NodeOf(String name) -> map.put("nodeName", name);
        }
        map.put("data", step.takesResponse() ? RESPONSE : "$request");
        if (router == Router.SPLITTER || step.weight() > 0) {
            map.put("weight", step.weight());
        }
        if (!step.condition().isEmpty()) {
            map.put("condition", step.condition());
        }
        return map.put("dependency", step.isHard() ? "Hard" : "Soft")
                .put("mapPredictionsToInstances", step.mapsPredictions())
                .build();
    }
}
