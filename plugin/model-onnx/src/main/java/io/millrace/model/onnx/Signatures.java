package io.millrace.model.onnx;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The one signature of an ONNX model: what must be given, and what of its outputs is a tensor. */
final class Signatures {

    private Signatures() {}

    static Signature of(NativeSession session, OnnxFile file) {
        var inputs = new ArrayList<TensorSpec>();
        for (Port port : session.inputs()) {
            inputs.add(input(port, file));
        }
        return new Signature(Signature.DEFAULT, inputs, outputs(session.outputs(), file));
    }

    private static TensorSpec input(Port port, OnnxFile file) {
        DataType type =
                type(port)
                        .orElseThrow(() ->
                                MillraceException.invalid(
                                        "the input '%s' is of the type %s, which nobody can send; only tensors of numbers and strings can be served"
                                                .formatted(
                                                        Messages.shorten(port.name()),
                                                        port.what())));
        if (isRankless(port, file)) {
            throw MillraceException.invalid(
                    "the input '%s' has no rank; declare its shape when you export the model, such as [None, 28, 28, 1]"
                            .formatted(Messages.shorten(port.name())));
        }
        return new TensorSpec(port.name(), type, port.shape());
    }

    private static List<TensorSpec> outputs(List<Port> ports, OnnxFile file) {
        var outputs = new ArrayList<TensorSpec>();
        var left = new ArrayList<String>();
        for (Port port : ports) {
            Optional<DataType> type = type(port);
            if (type.isPresent()) {
                // Of an output the rank may stay open: the first answer shows it.
                Shape shape = isRankless(port, file) ? Shape.of(Shape.ANY) : port.shape();
                outputs.add(new TensorSpec(port.name(), type.get(), shape));
            } else {
                left.add("'" + Messages.shorten(port.name()) + "' is a " + port.what());
            }
        }
        if (outputs.isEmpty()) {
            throw MillraceException.invalid(
                    "no output of the model is a tensor of numbers or strings: "
                            + String.join(", ", left)
                            + "; convert classifiers of scikit-learn with options={'zipmap':"
                            + " False}");
        }
        return outputs;
    }

    /** ONNX Runtime tells a scalar and an unknown rank alike; the file does not. */
    private static boolean isRankless(Port port, OnnxFile file) {
        return port.shape().rank() == 0 && file.rankless().contains(port.name());
    }

    private static Optional<DataType> type(Port port) {
        return port.kind() == Port.TENSOR
                ? ElementTypes.fromOnnx(port.elementType())
                : Optional.empty();
    }
}
