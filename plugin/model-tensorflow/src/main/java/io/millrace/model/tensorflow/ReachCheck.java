package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * Refuses graphs that could reach outside: files, other programs, the network. Every operation of
 * the graph and of its functions must be on the list of {@link AllowedOperations}. Beyond the list
 * go only the saver that every SavedModel has, which nobody may call but the restore at loading,
 * and tables that are filled from the model's own assets.
 */
final class ReachCheck {

    /** Writing a checkpoint: may be there, and nothing may run it. */
    private static final Set<String> SAVE =
            Set.of("Save", "SaveSlices", "SaveV2", "MergeV2Checkpoints");

    /** Reading a checkpoint: only the restore at loading may run it. */
    private static final Set<String> RESTORE = Set.of("Restore", "RestoreSlice", "RestoreV2");

    /** Tables filled from a file, whose name is the second input. */
    private static final Set<String> ASSET_READERS =
            Set.of("InitializeTableFromTextFile", "InitializeTableFromTextFileV2");

    private static final int FILE_NAME_INPUT = 1;

    /** Printing is fine on the log, not into files. */
    private static final String PRINT = "PrintV2";

    private static final Set<String> PRINT_TARGETS =
            Set.of("stdout", "stderr", "log(info)", "log(warning)", "log(error)");

    /** What makes a part of the graph run. */
    private enum Run {
        CALL,
        /** Once, at loading; TensorFlow puts in the names of assets. */
        INITIALISE,
        /** Once, at loading, likewise. */
        RESTORE
    }

    private static final String INIT_SIGNATURE = "__saved_model_init_op";

    /** What runs, and where the names of files may come from then. */
    private record Walk(Run run, FileNames.Search files, FileNames.Search checkpoint) {}

    private final MetaGraphDef graph;
    private final Map<String, NodeDef> nodes = new HashMap<>();
    private final Map<String, FunctionDef> functions = new HashMap<>();

    private final FileNames fileNames;

    private ReachCheck(MetaGraphDef graph, Path folder) {
        this.graph = graph;
        graph.getGraphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
        graph.getGraphDef()
                .getLibrary()
                .getFunctionList()
                .forEach(f -> functions.put(f.getSignature().getName(), f));
        this.fileNames = new FileNames(graph, folder, nodes, functions);
    }

    /**
     * Looks through everything, and then through what can run.
     *
     * @param folder where the model is
     * @throws MillraceException {@code INVALID}, naming the operation
     */
    static void check(MetaGraphDef graph, Path folder) {
        var check = new ReachCheck(graph, folder);
        graph.getGraphDef().getNodeList().forEach(check::requireKnown);
        for (FunctionDef function : graph.getGraphDef().getLibrary().getFunctionList()) {
            function.getNodeDefList().forEach(check::requireKnown);
        }
        check.walk(check.callRoots(), Run.CALL);
        check.walk(check.initialRoots(), Run.INITIALISE);
        var restore = new ArrayDeque<String>();
        restore.add(nodeName(graph.getSaverDef().getRestoreOpName()));
        check.walk(restore, Run.RESTORE);
    }

    private void requireKnown(NodeDef node) {
        String op = node.getOp();
        if (op.equals(PRINT)) {
            AttrValue target = node.getAttrMap().get("output_stream");
            if (target != null && !PRINT_TARGETS.contains(target.getS().toStringUtf8())) {
                throw refused(node, "prints into a file", "print to stderr or not at all");
            }
            return;
        }
        if (!AllowedOperations.contains(op)
                && !SAVE.contains(op)
                && !RESTORE.contains(op)
                && !ASSET_READERS.contains(op)
                && !functions.containsKey(op)) {
            throw refused(
                    node,
                    "is not among those that are served, since it could reach outside the model",
                    "export the model without it, with the functions of its signatures only");
        }
    }

    private Deque<String> callRoots() {
        var roots = new ArrayDeque<String>();
        for (Map.Entry<String, SignatureDef> entry : graph.getSignatureDefMap().entrySet()) {
            if (!entry.getKey().startsWith("__")) {
                addOutputs(roots, entry.getValue());
            }
        }
        return roots;
    }

    private Deque<String> initialRoots() {
        var roots = new ArrayDeque<String>();
        SignatureDef initial = graph.getSignatureDefMap().get(INIT_SIGNATURE);
        if (initial != null) {
            addOutputs(roots, initial);
        }
        for (String collection : new String[] {"saved_model_main_op", "legacy_init_op"}) {
            CollectionDef values = graph.getCollectionDefMap().get(collection);
            if (values != null) {
                values.getNodeList().getValueList().forEach(name -> roots.add(nodeName(name)));
            }
        }
        return roots;
    }

    private static void addOutputs(Deque<String> roots, SignatureDef signature) {
        for (TensorInfo output : signature.getOutputsMap().values()) {
            roots.add(nodeName(output.getName()));
        }
    }

    private void walk(Deque<String> open, Run run) {
        var seen = new HashSet<String>();
        var seenFunctions = new HashSet<String>();
        var walk = new Walk(run, fileNames.files(run != Run.CALL), fileNames.checkpoint());
        var functionsToEnter = new ArrayDeque<String>();
        while (!open.isEmpty()) {
            String name = open.remove();
            NodeDef node = nodes.get(name);
            if (node != null && seen.add(name)) {
                inspect(null, node, walk, functionsToEnter);
                node.getInputList().forEach(input -> open.add(nodeName(input)));
            }
        }
        while (!functionsToEnter.isEmpty()) {
            String name = functionsToEnter.remove();
            FunctionDef function = functions.get(name);
            if (function != null && seenFunctions.add(name)) {
                for (NodeDef node : function.getNodeDefList()) {
                    inspect(name, node, walk, functionsToEnter);
                }
            }
        }
    }

    private void inspect(
            @Nullable String scope, NodeDef node, Walk walk, Deque<String> functionsToEnter) {
        refuse(scope, node, walk);
        // In TensorFlow 1 graphs a function is called by an operation of its name.
        functionsToEnter.add(node.getOp());
        for (AttrValue value : node.getAttrMap().values()) {
            if (value.hasFunc()) {
                functionsToEnter.add(value.getFunc().getName());
            }
            value.getList().getFuncList().forEach(f -> functionsToEnter.add(f.getName()));
        }
    }

    private static void refuse(@Nullable String scope, NodeDef node, Walk walk) {
        String op = node.getOp();
        if (SAVE.contains(op)) {
            throw refused(node, "writes files", "export the model without calls of the saver");
        }
        if (RESTORE.contains(op)
                && (walk.run() != Run.RESTORE
                        || node.getInputCount() == 0
                        || !walk.checkpoint().isOwn(scope, node.getInput(0)))) {
            throw refused(
                    node,
                    "reads files other than the model's own variables",
                    "export the model without calls of the saver");
        }
        if (ASSET_READERS.contains(op)
                && (node.getInputCount() <= FILE_NAME_INPUT
                        || !walk.files().isOwn(scope, node.getInput(FILE_NAME_INPUT)))) {
            throw refused(
                    node,
                    "reads a file that is none of the model's assets",
                    "give the vocabulary as tf.saved_model.Asset, so that it is exported too");
        }
    }

    private static MillraceException refused(NodeDef node, String why, String todo) {
        return MillraceException.invalid(
                "the operation %s (node '%s') %s; %s"
                        .formatted(node.getOp(), node.getName(), why, todo));
    }

    /** {@code ^a}, {@code a:1} and {@code a} all name the node {@code a}. */
    static String nodeName(String input) {
        int from = input.startsWith("^") ? 1 : 0;
        int colon = input.indexOf(':', from);
        return colon < 0 ? input.substring(from) : input.substring(from, colon);
    }
}
