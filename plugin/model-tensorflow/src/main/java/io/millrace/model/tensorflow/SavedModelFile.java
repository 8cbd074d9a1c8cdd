package io.millrace.model.tensorflow;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;

/**
 * What {@code saved_model.pb} says, read without TensorFlow. The order of inputs and outputs is
 * that of the file: the copy that TensorFlow gives back comes in another order each time.
 *
 * @param serving the graph tagged {@code serve}
 * @param bindings the signatures that can be called, at least one
 */
record SavedModelFile(MetaGraphDef serving, List<Binding> bindings) {

    /** Signatures of TensorFlow's own use, such as {@code __saved_model_init_op}. */
    private static final String INTERNAL_PREFIX = "__";

    SavedModelFile {
        bindings = List.copyOf(bindings);
    }

    static SavedModelFile read(Path folder) {
        MetaGraphDef serving = serving(parse(folder));
        var bindings = new ArrayList<Binding>();
        var refused = new ArrayList<String>();
        for (Map.Entry<String, SignatureDef> entry : serving.getSignatureDefMap().entrySet()) {
            if (entry.getKey().startsWith(INTERNAL_PREFIX)) {
                continue;
            }
            try {
                bindings.add(binding(entry.getKey(), entry.getValue()));
            } catch (MillraceException e) {
                refused.add("signature '" + entry.getKey() + "': " + e.text());
            }
        }
        if (bindings.isEmpty()) {
            throw MillraceException.invalid(
                    refused.isEmpty()
                            ? "the SavedModel has no signature; export it with model.export(folder)"
                                    + " or tf.saved_model.save(model, folder, signatures=…)"
                            : "no signature of the SavedModel can be served: "
                                    + String.join("; ", refused));
        }
        return new SavedModelFile(serving, bindings);
    }

    private static SavedModel parse(Path folder) {
        try (InputStream in = Files.newInputStream(folder.resolve(SavedModelFolder.GRAPH_FILE))) {
            return SavedModel.parseFrom(in);
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new MillraceException(
                    io.millrace.api.ErrorCode.INVALID,
                    SavedModelFolder.GRAPH_FILE + " is damaged: " + Messages.firstLine(e),
                    e);
        } catch (IOException e) {
            throw MillraceException.internal("cannot read " + SavedModelFolder.GRAPH_FILE, e);
        }
    }

    private static MetaGraphDef serving(SavedModel model) {
        for (MetaGraphDef graph : model.getMetaGraphsList()) {
            if (graph.getMetaInfoDef().getTagsList().contains(SavedModelBundle.DEFAULT_TAG)) {
                return graph;
            }
        }
        throw MillraceException.invalid(
                "the SavedModel has no graph with the tag '"
                        + SavedModelBundle.DEFAULT_TAG
                        + "'; found the tags "
                        + model.getMetaGraphsList().stream()
                                .map(graph -> graph.getMetaInfoDef().getTagsList().toString())
                                .toList());
    }

    private static Binding binding(String name, SignatureDef signature) {
        var inputs = new ArrayList<TensorSpec>();
        var inputNames = new ArrayList<String>();
        for (Map.Entry<String, TensorInfo> entry : signature.getInputsMap().entrySet()) {
            inputs.add(
                    new TensorSpec(
                            entry.getKey(),
                            type(entry),
                            shape(entry.getValue().getTensorShape())
                                    .orElseThrow(() -> unknownRank(entry.getKey()))));
            inputNames.add(entry.getValue().getName());
        }
        var outputs = new ArrayList<TensorSpec>();
        var outputNames = new ArrayList<String>();
        for (Map.Entry<String, TensorInfo> entry : signature.getOutputsMap().entrySet()) {
            // Of an output the rank may stay open: the first answer shows it.
            Shape shape =
                    shape(entry.getValue().getTensorShape()).orElseGet(() -> Shape.of(Shape.ANY));
            outputs.add(new TensorSpec(entry.getKey(), type(entry), shape));
            outputNames.add(entry.getValue().getName());
        }
        if (outputs.isEmpty()) {
            throw MillraceException.invalid("has no output");
        }
        return new Binding(new Signature(name, inputs, outputs), inputNames, outputNames);
    }

    private static DataType type(Map.Entry<String, TensorInfo> entry) {
        return ElementTypes.fromTensorFlow(entry.getValue().getDtype())
                .orElseThrow(() ->
                        MillraceException.invalid(
                                "'"
                                        + entry.getKey()
                                        + "' has the type "
                                        + entry.getValue().getDtype()
                                        + ", which cannot be served"));
    }

    /** Empty when not even the rank is known. */
    private static Optional<Shape> shape(TensorShapeProto proto) {
        if (proto.getUnknownRank()) {
            return Optional.empty();
        }
        var extents = new long[proto.getDimCount()];
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] = Math.max(Shape.ANY, proto.getDim(axis).getSize());
        }
        return Optional.of(Shape.of(extents));
    }

    /** A call whose rank cannot be checked could kill the process. */
    private static MillraceException unknownRank(String input) {
        return MillraceException.invalid(
                "the input '"
                        + input
                        + "' has no rank; give it one in tf.TensorSpec, such as [None, 28, 28, 1]");
    }
}
