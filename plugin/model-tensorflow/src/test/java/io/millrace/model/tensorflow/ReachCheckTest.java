package io.millrace.model.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;

/** Graphs written down by hand; nothing here starts TensorFlow. */
@Timeout(60)
class ReachCheckTest {

    private static final Path FOLDER = Path.of("/models/a/content");
    private static final String READER = "InitializeTableFromTextFileV2";
    private static final String INIT = "__saved_model_init_op";

    @Test
    void allowsWhatComputes() {
        var graph = graph();
        addNode(graph, node("x", "Placeholder"));
        addNode(graph, node("y", "MatMul", "x", "x"));
        addSignature(graph, "serving_default", "y");
        assertAllowed(graph);
    }

    @Test
    void refusesUnknownFileAndPythonOperationsWhereverTheyAre() {
        for (String op :
                new String[] {
                    "ReadFile",
                    "WriteFile",
                    "PyFunc",
                    "EagerPyFunc",
                    "AcmeCustomOp",
                    "SimpleMLInferenceOp",
                    "DebugIdentityV3",
                    "FIFOQueueV2",
                    "TextLineDataset",
                    "ImmutableConst",
                    "Send",
                    "XlaCustomCallV2",
                    "CreateSummaryFileWriter",
                    ""
                }) {
            var called = graph();
            addNode(called, node("bad", op));
            addSignature(called, "serving_default", "bad");
            assertRefused(called, op, "node 'bad'", "export the model without it");

            var idle = graph();
            addNode(idle, node("bad", op));
            addNode(idle, node("y", "NoOp"));
            addSignature(idle, "serving_default", "y");
            assertRefused(idle, op, "node 'bad'");

            var inFunction = graph();
            addFunction(inFunction, function("f", new String[0], node("bad", op)));
            assertRefused(inFunction, op, "node 'bad'");
        }
    }

    @Test
    void theSaverMayBeThereButNobodyMayCallIt() {
        var graph = graph();
        addNode(graph, node("saver_filename", "Placeholder"));
        addNode(graph, node("x", "Placeholder"));
        addNode(graph, call("save", "traced_save", "saver_filename"));
        addNode(graph, call("restore", "traced_restore", "saver_filename"));
        addFunction(
                graph,
                function(
                        "traced_save",
                        new String[] {"prefix"},
                        node("name", "ShardedFilename", "prefix"),
                        node("write", "SaveV2", "name:filename:0"),
                        node("merge", "MergeV2Checkpoints", "name:filename:0", "prefix")));
        addFunction(
                graph,
                function(
                        "traced_restore",
                        new String[] {"prefix"},
                        node("read", "RestoreV2", "prefix")));
        graph.getSaverDefBuilder()
                .setFilenameTensorName("saver_filename:0")
                .setSaveTensorName("save:0")
                .setRestoreOpName("restore");
        addSignature(graph, "serving_default", "x");
        assertAllowed(graph);

        var calls = graph.build().toBuilder();
        addSignature(calls, "exfiltrate", "restore");
        assertRefused(calls, "RestoreV2", "node 'read'", "reads files");

        var another = graph.build().toBuilder();
        addNode(another, constant("prefix", "/models/b/content/variables/variables"));
        addNode(another, call("restore_another", "traced_restore", "prefix"));
        assertRefused(another, "RestoreV2", "other than the model's own variables");

        var writes = graph.build().toBuilder();
        addSignature(writes, "other", "save");
        assertRefused(writes, "writes files");

        var atLoading = graph.build().toBuilder();
        atLoading.getSaverDefBuilder().setRestoreOpName("save");
        assertRefused(atLoading, "writes files");

        var initial = graph.build().toBuilder();
        addSignature(initial, INIT, "restore");
        assertRefused(initial, "RestoreV2", "reads files");
    }

    @Test
    void fillsTablesFromAssetsAtLoading() {
        var direct = graph();
        addNode(direct, constant("file", "words.txt"));
        addNode(direct, node("table", "HashTableV2"));
        addNode(direct, node("passed", "Identity", "file:0"));
        addNode(direct, node("fill", READER, "table", "passed"));
        addNode(direct, node("init", "NoOp", "^fill"));
        addSignature(direct, INIT, "init");
        assertRefused(direct, READER, "node 'fill'", "none of the model's assets", "Asset");
        addAsset(direct, "file:0", "words.txt");
        assertAllowed(direct);

        // In a call TensorFlow does not put in the asset's name: the constant's own value counts.
        var inCall = direct.build().toBuilder();
        addSignature(inCall, "serving_default", "fill");
        assertRefused(inCall, READER, "none of the model's assets");
    }

    @Test
    void knowsTheAssetsOfTensorFlow1() {
        for (String file : new String[] {"words.txt", "../../b/content/assets/words.txt"}) {
            var graph = graph();
            addNode(graph, constant("file", "words.txt"));
            addNode(graph, node("table", "HashTable"));
            addNode(graph, node("fill", "InitializeTableFromTextFile", "table", "file"));
            var asset =
                    AssetFileDef.newBuilder()
                            .setTensorInfo(TensorInfo.newBuilder().setName("file:0"))
                            .setFilename(file)
                            .build();
            var any = CollectionDef.AnyList.newBuilder().addValue(Any.pack(asset));
            graph.putCollectionDef(
                    "saved_model_assets", CollectionDef.newBuilder().setAnyList(any).build());
            var init = CollectionDef.NodeList.newBuilder().addValue("fill");
            graph.putCollectionDef(
                    "saved_model_main_op", CollectionDef.newBuilder().setNodeList(init).build());
            if (file.startsWith("..")) {
                assertRefused(graph, "asset", "leads out");
            } else {
                assertAllowed(graph);
            }
        }
    }

    @Test
    void followsTheNameOfAFileThroughFunctions() {
        var graph = graph();
        addNode(graph, constant("file", ""));
        addNode(graph, constant("other", "/etc/passwd"));
        addNode(graph, node("table", "HashTableV2"));
        addNode(graph, call("init", "outer", "file", "table"));
        addFunction(
                graph,
                function(
                        "outer",
                        new String[] {"name", "handle"},
                        call("inner_call", "inner", "handle", "name")));
        addFunction(
                graph,
                function(
                        "inner",
                        new String[] {"handle", "name"},
                        node("same", "Identity", "name"),
                        node("fill", READER, "handle", "same:output:0")));
        addSignature(graph, INIT, "init");
        addAsset(graph, "file:0", "words.txt");
        assertAllowed(graph);

        var second = graph.build().toBuilder();
        addNode(second, call("another", "outer", "other", "table"));
        assertRefused(second, READER, "node 'fill'");

        var throughLoop = graph.build().toBuilder();
        addNode(
                throughLoop,
                node("loop", "While", "file", "table").toBuilder()
                        .putAttr("body", functionValue("inner"))
                        .build());
        assertRefused(throughLoop, READER);
    }

    @Test
    void followsTheNameOfAFileThroughAVariableThatIsSetAtLoading() {
        var graph = graph();
        addNode(graph, node("asset", "Placeholder"));
        addNode(graph, node("v", "VarHandleOp"));
        addNode(graph, node("is_set", "VarIsInitializedOp", "v"));
        addNode(graph, node("set", "AssignVariableOp", "v", "asset"));
        addNode(graph, node("read", "ReadVariableOp", "v", "^set"));
        addNode(graph, call("fill", "initializer", "read", "table"));
        addNode(graph, node("init", "NoOp", "^fill"));
        addFunction(
                graph,
                function(
                        "initializer",
                        new String[] {"name", "handle"},
                        node("fill", READER, "handle", "name")));
        addSignature(graph, INIT, "init");
        addAsset(graph, "asset:0", "words.txt");
        assertAllowed(graph);

        var setAgain = graph.build().toBuilder();
        addNode(setAgain, constant("other", "/etc/passwd"));
        addNode(setAgain, node("set_again", "AssignVariableOp", "v", "other"));
        assertRefused(setAgain, READER);

        var byAnotherName = graph.build().toBuilder();
        addNode(
                byAnotherName,
                node("w", "VarHandleOp").toBuilder()
                        .putAttr(
                                "shared_name",
                                AttrValue.newBuilder().setS(ByteString.copyFromUtf8("v")).build())
                        .build());
        assertRefused(byAnotherName, READER);

        var inFunction = graph.build().toBuilder();
        addNode(inFunction, call("restore", "initializer", "read", "v"));
        assertRefused(inFunction, READER);

        var inCall = graph.build().toBuilder();
        addSignature(inCall, "serving_default", "fill");
        assertRefused(inCall, READER);
    }

    @Test
    void constantsOutsideTheModelAreRefusedAndInsideAllowed() {
        for (String outside :
                new String[] {
                    "/etc/passwd",
                    "words.txt",
                    "assets/words.txt",
                    "../assets/words.txt",
                    "",
                    "/models/a/content/assets",
                    "/models/a/content/assets/../../b/assets/w.txt",
                    "/models/a/content/variables/x",
                    "/models/a/content/assets2/w",
                    "s3://b/assets",
                    "file:///models/a/content/assets/w.txt",
                    "/models/a/content/assets/a\0b"
                }) {
            assertRefused(withConstant(outside), READER, "none of the model's assets");
        }
        assertAllowed(withConstant("/models/a/content/assets/words.txt"));
        var computed = withConstant("/models/a/content/assets/words.txt");
        computed.getGraphDefBuilder().getNodeBuilder(0).setOp("StringJoin");
        assertRefused(computed, READER);
    }

    @Test
    void functionsThatCallEachOtherComeToAnEnd() {
        var graph = graph();
        addFunction(
                graph,
                function(
                        "f",
                        new String[] {"name"},
                        call("again", "g", "name"),
                        node("fill", READER, "t", "name")));
        addFunction(
                graph,
                function(
                        "g",
                        new String[] {"name"},
                        call("back", "f", "name"),
                        call("back2", "f", "name")));
        addNode(graph, constant("file", "/etc/passwd"));
        addNode(graph, call("y", "f", "file"));
        addSignature(graph, "serving_default", "y");
        assertRefused(graph, READER);
        // A tower in which each function is called twice by the next: 2^60 ways down.
        var tower = graph();
        addFunction(
                tower, function("f0", new String[] {"name"}, node("fill", READER, "t", "name")));
        for (int i = 1; i < 60; i++) {
            addFunction(
                    tower,
                    function(
                            "f" + i,
                            new String[] {"name"},
                            call("a", "f" + (i - 1), "name"),
                            call("b", "f" + (i - 1), "name")));
        }
        addNode(tower, constant("file", ""));
        addNode(tower, call("y", "f59", "file"));
        addSignature(tower, INIT, "y");
        addAsset(tower, "file:0", "words.txt");
        assertAllowed(tower);
    }

    @Test
    void printsOnTheLogOnly() {
        for (String target : new String[] {"stderr", "stdout", "log(info)"}) {
            assertAllowed(printing(target));
        }
        assertRefused(printing("file:///tmp/x"), "PrintV2", "prints into a file");
    }

    private static MetaGraphDef.Builder printing(String target) {
        var graph = graph();
        addNode(
                graph,
                node("print", "PrintV2").toBuilder()
                        .putAttr(
                                "output_stream",
                                AttrValue.newBuilder()
                                        .setS(ByteString.copyFromUtf8(target))
                                        .build())
                        .build());
        return graph;
    }

    private static MetaGraphDef.Builder withConstant(String file) {
        var graph = graph();
        addNode(graph, constant("file", file));
        addNode(graph, node("table", "HashTableV2"));
        addNode(graph, node("fill", READER, "table", "file"));
        addSignature(graph, "serving_default", "fill");
        return graph;
    }

    private static MetaGraphDef.Builder graph() {
        return MetaGraphDef.newBuilder();
    }

    private static void addNode(MetaGraphDef.Builder graph, NodeDef node) {
        graph.getGraphDefBuilder().addNode(node);
    }

    private static void addFunction(MetaGraphDef.Builder graph, FunctionDef function) {
        graph.getGraphDefBuilder().getLibraryBuilder().addFunction(function);
    }

    private static void addSignature(MetaGraphDef.Builder graph, String name, String output) {
        graph.putSignatureDef(
                name,
                SignatureDef.newBuilder()
                        .putOutputs("y", TensorInfo.newBuilder().setName(output + ":0").build())
                        .build());
    }

    private static void addAsset(MetaGraphDef.Builder graph, String tensor, String file) {
        graph.addAssetFileDef(
                AssetFileDef.newBuilder()
                        .setTensorInfo(TensorInfo.newBuilder().setName(tensor))
                        .setFilename(file));
    }

    private static NodeDef node(String name, String op, String... inputs) {
        var node = NodeDef.newBuilder().setName(name).setOp(op);
        for (String input : inputs) {
            node.addInput(input);
        }
        return node.build();
    }

    private static NodeDef constant(String name, String value) {
        var tensor =
                TensorProto.newBuilder()
                        .setDtype(DataType.DT_STRING)
                        .addStringVal(ByteString.copyFromUtf8(value));
        return node(name, "Const").toBuilder()
                .putAttr("value", AttrValue.newBuilder().setTensor(tensor).build())
                .build();
    }

    private static NodeDef call(String name, String function, String... inputs) {
        return node(name, "StatefulPartitionedCall", inputs).toBuilder()
                .putAttr("f", functionValue(function))
                .build();
    }

    private static AttrValue functionValue(String function) {
        return AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName(function)).build();
    }

    private static FunctionDef function(String name, String[] arguments, NodeDef... nodes) {
        var signature = OpDef.newBuilder().setName(name);
        for (String argument : arguments) {
            signature.addInputArg(OpDef.ArgDef.newBuilder().setName(argument));
        }
        var function = FunctionDef.newBuilder().setSignature(signature);
        for (NodeDef node : nodes) {
            function.addNodeDef(node);
        }
        return function.build();
    }

    private static void assertAllowed(MetaGraphDef.Builder graph) {
        assertThatCode(() -> ReachCheck.check(graph.build(), FOLDER)).doesNotThrowAnyException();
    }

    private static void assertRefused(MetaGraphDef.Builder graph, String... says) {
        assertThatThrownBy(() -> ReachCheck.check(graph.build(), FOLDER))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(e.text()).contains(says);
                        });
    }
}
