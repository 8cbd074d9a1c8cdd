package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * Refuses graphs whose calls could reach outside: files, other programs, the network. Looked at is
 * what a call, the initialiser or the restore can run; a saver that nobody calls may stay.
 */
final class ReachCheck {

    /** Never to be run by anything. */
    static final Set<String> FORBIDDEN =
            Set.of(
                    "ReadFile",
                    "WriteFile",
                    "MatchingFiles",
                    "PyFunc",
                    "PyFuncStateless",
                    "EagerPyFunc",
                    "WholeFileReader",
                    "WholeFileReaderV2",
                    "TextLineReader",
                    "TextLineReaderV2",
                    "TFRecordReader",
                    "TFRecordReaderV2",
                    "FixedLengthRecordReader",
                    "FixedLengthRecordReaderV2",
                    "LMDBReader",
                    "IdentityReader",
                    "IdentityReaderV2",
                    "TextLineDataset",
                    "TFRecordDataset",
                    "TFRecordDatasetV2",
                    "FixedLengthRecordDataset",
                    "FixedLengthRecordDatasetV2",
                    "SqlDataset",
                    "LMDBDataset",
                    "CSVDataset",
                    "CSVDatasetV2",
                    "MatchingFilesDataset",
                    "ExperimentalMatchingFilesDataset",
                    "ExperimentalSqlDataset",
                    "ExperimentalLMDBDataset",
                    "ExperimentalCSVDataset",
                    "CacheDataset",
                    "CacheDatasetV2",
                    "DatasetFromGraph",
                    "ListSnapshotChunksDataset",
                    "SnapshotChunkDataset",
                    "SnapshotDataset",
                    "SnapshotDatasetV2",
                    "SnapshotDatasetReader",
                    "SnapshotNestedDatasetReader",
                    "SaveDataset",
                    "SaveDatasetV2",
                    "LoadDataset",
                    "DatasetToTFRecord",
                    "ExperimentalDatasetToTFRecord",
                    "DataServiceDataset",
                    "DataServiceDatasetV2",
                    "DataServiceDatasetV3",
                    "DataServiceDatasetV4",
                    "RegisterDataset",
                    "RegisterDatasetV2",
                    "GeneratorDataset",
                    "LoadAndRemapMatrix",
                    "GenerateVocabRemapping",
                    "Save",
                    "SaveSlices",
                    "SaveV2",
                    "MergeV2Checkpoints",
                    "CreateSummaryFileWriter",
                    "CreateSummaryDbWriter",
                    "WriteSummary",
                    "WriteGraphSummary",
                    "ImportEvent",
                    "DebugIdentity",
                    "DebugIdentityV2",
                    "DebugIdentityV3",
                    "DebugNanCount",
                    "DebugNumericSummary",
                    "RemoteCall",
                    "Send",
                    "Recv",
                    "_Send",
                    "_Recv",
                    "_HostSend",
                    "_HostRecv",
                    "DistributedSave");

    /** Reading a checkpoint: only the restore at loading may do it. */
    private static final Set<String> RESTORE_ONLY = Set.of("Restore", "RestoreSlice", "RestoreV2");

    /** Tables filled from a file: for a vocabulary among the model's own assets. */
    private static final Set<String> ASSET_READERS =
            Set.of("InitializeTableFromTextFile", "InitializeTableFromTextFileV2");

    /** Printing is fine on the log, not into files. */
    private static final String PRINT = "PrintV2";

    private static final Set<String> PRINT_TARGETS =
            Set.of("stdout", "stderr", "log(info)", "log(warning)", "log(error)");

    private static final String INIT_SIGNATURE = "__saved_model_init_op";

    private final MetaGraphDef graph;
    private final Map<String, NodeDef> nodes = new HashMap<>();
    private final Map<String, FunctionDef> functions = new HashMap<>();

    private ReachCheck(MetaGraphDef graph) {
        this.graph = graph;
        graph.getGraphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
        graph.getGraphDef()
                .getLibrary()
                .getFunctionList()
                .forEach(f -> functions.put(f.getSignature().getName(), f));
    }

    /**
     * Looks through everything that can run.
     *
     * @throws MillraceException {@code INVALID}, naming the operation
     */
    static void check(MetaGraphDef graph) {
        for (AssetFileDef asset : graph.getAssetFileDefList()) {
            checkAsset(asset.getFilename());
        }
        var check = new ReachCheck(graph);
        check.walk(check.callRoots(), false);
        var restore = new ArrayDeque<String>();
        restore.add(nodeName(graph.getSaverDef().getRestoreOpName()));
        check.walk(restore, true);
    }

    /** TensorFlow puts the name behind the model's folder and opens what comes of it. */
    private static void checkAsset(String name) {
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw MillraceException.invalid(
                        "the asset '" + name + "' leads out of the model; it is not served");
            }
        }
    }

    private Deque<String> callRoots() {
        var roots = new ArrayDeque<String>();
        for (Map.Entry<String, SignatureDef> entry : graph.getSignatureDefMap().entrySet()) {
            if (entry.getKey().equals(INIT_SIGNATURE) || !entry.getKey().startsWith("__")) {
                for (TensorInfo output : entry.getValue().getOutputsMap().values()) {
                    roots.add(nodeName(output.getName()));
                }
            }
        }
        for (String collection : new String[] {"saved_model_main_op", "legacy_init_op"}) {
            CollectionDef values = graph.getCollectionDefMap().get(collection);
            if (values != null) {
                values.getNodeList().getValueList().forEach(name -> roots.add(nodeName(name)));
            }
        }
        return roots;
    }

    private void walk(Deque<String> open, boolean isRestore) {
        var seen = new HashSet<String>();
        var seenFunctions = new HashSet<String>();
        while (!open.isEmpty()) {
            String name = open.remove();
            NodeDef node = nodes.get(name);
            if (node != null && seen.add(name)) {
                inspect(node, isRestore, seenFunctions);
                node.getInputList().forEach(input -> open.add(nodeName(input)));
            }
        }
    }

    private void inspect(NodeDef node, boolean isRestore, Set<String> seenFunctions) {
        refuse(node, isRestore);
        // In TensorFlow 1 graphs a function is called by an operation of its name.
        enter(node.getOp(), isRestore, seenFunctions);
        for (AttrValue value : node.getAttrMap().values()) {
            if (value.hasFunc()) {
                enter(value.getFunc().getName(), isRestore, seenFunctions);
            }
            value.getList()
                    .getFuncList()
                    .forEach(f -> enter(f.getName(), isRestore, seenFunctions));
        }
    }

    private void enter(String name, boolean isRestore, Set<String> seenFunctions) {
        FunctionDef function = functions.get(name);
        if (function != null && seenFunctions.add(name)) {
            for (NodeDef node : function.getNodeDefList()) {
                inspect(node, isRestore, seenFunctions);
            }
        }
    }

    private void refuse(NodeDef node, boolean isRestore) {
        String op = node.getOp();
        if (FORBIDDEN.contains(op) || (RESTORE_ONLY.contains(op) && !isRestore)) {
            throw refused(node, "reaches outside the model");
        }
        if (ASSET_READERS.contains(op) && graph.getAssetFileDefCount() == 0) {
            throw refused(node, "reads a file, and the model has no assets");
        }
        if (op.equals(PRINT)) {
            AttrValue target = node.getAttrMap().get("output_stream");
            if (target != null && !PRINT_TARGETS.contains(target.getS().toStringUtf8())) {
                throw refused(node, "prints into a file");
            }
        }
    }

    private static MillraceException refused(NodeDef node, String why) {
        return MillraceException.invalid(
                "the operation "
                        + node.getOp()
                        + " (node '"
                        + node.getName()
                        + "') "
                        + why
                        + "; such models are not served");
    }

    /** {@code ^a}, {@code a:1} and {@code a} all name the node {@code a}. */
    private static String nodeName(String input) {
        int from = input.startsWith("^") ? 1 : 0;
        int colon = input.indexOf(':', from);
        return colon < 0 ? input.substring(from) : input.substring(from, colon);
    }
}
