package io.millrace.model.tensorflow;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

/**
 * Finds out whether a file that an operation opens is one of the model's own: follows its name back
 * through functions and variables to where it comes from. What cannot be followed is not own.
 */
final class FileNames {

    private static final String ASSETS = "assets";
    private static final int MAX_STEPS = 64;

    private static final Set<String> CALLS = Set.of("PartitionedCall", "StatefulPartitionedCall");
    private static final Set<String> PASSES_ON = Set.of("Identity", "StopGradient");

    private static final String VARIABLE = "VarHandleOp";
    private static final String ASSIGN = "AssignVariableOp";
    private static final String READ = "ReadVariableOp";
    private static final Set<String> LEAVE_VARIABLES_ALONE = Set.of(READ, "VarIsInitializedOp");

    private final Path assets;
    private final Map<String, NodeDef> nodes;

    /** What TensorFlow puts the assets' names into. */
    private final Set<String> fedNodes = new HashSet<>();

    private final String checkpointNode;
    private final Map<String, List<Call>> calls = new HashMap<>();
    private final Map<String, Body> bodies = new HashMap<>();

    /** How many nodes make a variable of a name: two of one name are one variable. */
    private final Map<String, Integer> variables = new HashMap<>();

    /** What is done to a variable of the main graph, by its node's name. */
    private final Map<String, List<Use>> uses = new HashMap<>();

    /**
     * Prepares for one graph.
     *
     * @param folder the model's, where {@code assets} may be
     * @throws io.millrace.api.MillraceException {@code INVALID} when an asset is none of its own
     */
    FileNames(
            MetaGraphDef graph,
            Path folder,
            Map<String, NodeDef> nodes,
            Map<String, FunctionDef> functions) {
        this.assets = folder.toAbsolutePath().normalize().resolve(ASSETS);
        this.nodes = nodes;
        this.checkpointNode = ReachCheck.nodeName(graph.getSaverDef().getFilenameTensorName());
        for (AssetFileDef asset : Assets.of(graph)) {
            String tensor = asset.getTensorInfo().getName();
            if (!tensor.contains(":") || tensor.endsWith(":0")) {
                fedNodes.add(ReachCheck.nodeName(tensor));
            }
        }
        for (NodeDef node : nodes.values()) {
            note(null, node);
            for (int i = 0; i < node.getInputCount(); i++) {
                if (!node.getInput(i).startsWith("^")) {
                    uses.computeIfAbsent(
                                    ReachCheck.nodeName(node.getInput(i)), _ -> new ArrayList<>())
                            .add(new Use(node, i));
                }
            }
        }
        functions.forEach((name, function) -> {
            bodies.put(name, Body.of(function));
            function.getNodeDefList().forEach(node -> note(name, node));
        });
    }

    /**
     * For the names of files. Once the answer is no, nothing more may be asked of it.
     *
     * @param areAssetsFed whether TensorFlow puts in the assets' names, which it does at loading
     */
    Search files(boolean areAssetsFed) {
        return new Search(areAssetsFed ? fedNodes : Set.of());
    }

    /** For the name of the checkpoint that the restore reads, which TensorFlow puts in too. */
    Search checkpoint() {
        return new Search(Set.of(checkpointNode));
    }

    /** Follows names; what has been followed before is not followed again. */
    final class Search {

        private final Set<String> fed;

        /** Looked at already, or on the way: had it been bad, the search would be over. */
        private final Set<String> seen = new HashSet<>();

        private Search(Set<String> fed) {
            this.fed = fed;
        }

        /**
         * Whether a name can only be that of an asset, or a constant that lies among the assets.
         *
         * @param scope the function in which the name is, null for the main graph
         */
        boolean isOwn(@Nullable String scope, String input) {
            return isOwn(scope, input, 0);
        }

        private boolean isOwn(@Nullable String scope, String input, int steps) {
            if (steps > MAX_STEPS || input.startsWith("^")) {
                return false;
            }
            String name = ReachCheck.nodeName(input);
            if (scope == null) {
                return fed.contains(name) || isOwnNode(null, nodes.get(name), steps);
            }
            Body body = bodies.get(scope);
            if (body == null) {
                return false;
            }
            Integer argument = body.arguments().get(name);
            return argument == null
                    ? isOwnNode(scope, body.nodes().get(name), steps)
                    : isOwnArgument(scope, argument, steps);
        }

        private boolean isOwnNode(@Nullable String scope, @Nullable NodeDef node, int steps) {
            if (node == null) {
                return false;
            }
            if (PASSES_ON.contains(node.getOp()) && node.getInputCount() > 0) {
                return isOwn(scope, node.getInput(0), steps + 1);
            }
            if (scope == null && node.getOp().equals(READ) && node.getInputCount() > 0) {
                return isOwnVariable(nodes.get(ReachCheck.nodeName(node.getInput(0))), steps);
            }
            return node.getOp().equals("Const") && isAmongAssets(node);
        }

        /** Whoever calls the function must give a name of that kind. */
        private boolean isOwnArgument(String function, int argument, int steps) {
            if (!seen.add("argument " + argument + " of " + function)) {
                return true;
            }
            List<Call> callers = calls.getOrDefault(function, List.of());
            for (Call call : callers) {
                if (!call.isPlain()
                        || argument >= call.node().getInputCount()
                        || !isOwn(call.scope(), call.node().getInput(argument), steps + 1)) {
                    return false;
                }
            }
            return !callers.isEmpty();
        }

        /** New versions of TensorFlow keep the name of an asset in a variable, set at loading. */
        private boolean isOwnVariable(@Nullable NodeDef variable, int steps) {
            if (variable == null
                    || !variable.getOp().equals(VARIABLE)
                    || variables.getOrDefault(variableName(variable), 0) != 1) {
                return false;
            }
            if (!seen.add("variable " + variable.getName())) {
                return true;
            }
            boolean isAssigned = false;
            for (Use use : uses.getOrDefault(variable.getName(), List.of())) {
                NodeDef user = use.node();
                if (user.getOp().equals(ASSIGN) && use.input() == 0 && user.getInputCount() > 1) {
                    isAssigned = true;
                    if (!isOwn(null, user.getInput(1), steps + 1)) {
                        return false;
                    }
                } else if (!LEAVE_VARIABLES_ALONE.contains(user.getOp())) {
                    return false;
                }
            }
            return isAssigned;
        }
    }

    private boolean isAmongAssets(NodeDef constant) {
        AttrValue value = constant.getAttrMap().get("value");
        if (value == null || !value.hasTensor()) {
            return false;
        }
        TensorProto tensor = value.getTensor();
        if (tensor.getStringValCount() != 1) {
            return false;
        }
        try {
            Path path = Path.of(tensor.getStringVal(0).toStringUtf8());
            return path.isAbsolute()
                    && path.normalize().equals(path)
                    && path.startsWith(assets)
                    && !path.equals(assets);
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private void note(@Nullable String scope, NodeDef node) {
        if (node.getOp().equals(VARIABLE)) {
            variables.merge(variableName(node), 1, Integer::sum);
        }
        // In TensorFlow 1 graphs a function is called by an operation of its name.
        noteCall(node.getOp(), new Call(scope, node, true));
        boolean isPlain = CALLS.contains(node.getOp());
        for (AttrValue value : node.getAttrMap().values()) {
            if (value.hasFunc()) {
                noteCall(value.getFunc().getName(), new Call(scope, node, isPlain));
            }
            value.getList()
                    .getFuncList()
                    .forEach(f -> noteCall(f.getName(), new Call(scope, node, false)));
        }
    }

    private void noteCall(String function, Call call) {
        calls.computeIfAbsent(function, _ -> new ArrayList<>()).add(call);
    }

    private static String variableName(NodeDef variable) {
        AttrValue shared = variable.getAttrMap().get("shared_name");
        return shared == null || shared.getS().isEmpty()
                ? variable.getName()
                : shared.getS().toStringUtf8();
    }

    /**
     * Where a function is called.
     *
     * @param scope in which function, null for the main graph
     * @param isPlain whether its arguments are the node's inputs, in order
     */
    private record Call(@Nullable String scope, NodeDef node, boolean isPlain) {}

    /**
     * Where the output of a node goes.
     *
     * @param input which input of the node that takes it
     */
    private record Use(NodeDef node, int input) {}

    /** A function's arguments and nodes by name. */
    private record Body(Map<String, Integer> arguments, Map<String, NodeDef> nodes) {

        static Body of(FunctionDef function) {
            var arguments = new HashMap<String, Integer>();
            for (OpDef.ArgDef argument : function.getSignature().getInputArgList()) {
                arguments.put(argument.getName(), arguments.size());
            }
            var nodes = new HashMap<String, NodeDef>();
            function.getNodeDefList().forEach(node -> nodes.put(node.getName(), node));
            return new Body(arguments, nodes);
        }
    }
}
