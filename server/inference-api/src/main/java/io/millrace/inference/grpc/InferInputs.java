package io.millrace.inference.grpc;

import com.google.protobuf.ByteString;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferRequest.InferInputTensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The inputs of a request as tensors in the order of the signature. Hot: once per call. */
final class InferInputs {

    private InferInputs() {}

    /**
     * Reads and checks names, datatypes, shapes and lengths.
     *
     * @throws MillraceException {@code INVALID}, with expected and received
     */
    static List<Tensor> read(ModelInferRequest request, Signature signature) {
        List<TensorSpec> specs = signature.inputs();
        int count = request.getInputsCount();
        boolean isRaw = isRaw(request);
        @Nullable Tensor[] tensors = new Tensor[specs.size()];
        for (int i = 0; i < count; i++) {
            InferInputTensor input = request.getInputs(i);
            int at = find(specs, input.getName());
            if (tensors[at] != null) {
                throw MillraceException.invalid("input '" + input.getName() + "' comes twice");
            }
            tensors[at] = read(input, specs.get(at), isRaw ? request.getRawInputContents(i) : null);
        }
        if (count != specs.size()) {
            throw missing(specs, tensors);
        }
        return Arrays.asList(tensors);
    }

    /** Raw in, raw out. */
    static boolean isRaw(ModelInferRequest request) {
        int raw = request.getRawInputContentsCount();
        if (raw == 0) {
            return false;
        }
        if (raw != request.getInputsCount()) {
            throw MillraceException.invalid(
                    "raw_input_contents goes with all inputs or none: %d inputs, %d raw contents"
                            .formatted(request.getInputsCount(), raw));
        }
        for (int i = 0; i < raw; i++) {
            InferInputTensor input = request.getInputs(i);
            if (input.hasContents() && input.getContents().getSerializedSize() > 0) {
                throw MillraceException.invalid(
                        "input '%s' has contents, and the request has raw_input_contents; send one of them"
                                .formatted(input.getName()));
            }
        }
        return true;
    }

    private static int find(List<TensorSpec> specs, String name) {
        for (int i = 0; i < specs.size(); i++) {
            if (specs.get(i).name().equals(name)) {
                return i;
            }
        }
        throw MillraceException.invalid(
                "there is no input '%s'; the model takes %s".formatted(name, names(specs)));
    }

    private static MillraceException missing(List<TensorSpec> specs, @Nullable Tensor[] tensors) {
        for (int i = 0; i < tensors.length; i++) {
            if (tensors[i] == null) {
                return MillraceException.invalid(
                        "input '%s' is missing; the model takes %s"
                                .formatted(specs.get(i).name(), names(specs)));
            }
        }
        return MillraceException.internal("inputs are all there and counted otherwise", null);
    }

    private static List<String> names(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::name).toList();
    }

    private static Tensor read(InferInputTensor input, TensorSpec spec, @Nullable ByteString raw) {
        String name = spec.name();
        DataType type = spec.type();
        Shape shape = shape(input, name);
        if (!type.protocolName().equals(input.getDatatype()) || !spec.shape().accepts(shape)) {
            throw MillraceException.invalid(
                    "input '%s': expected %s%s, received %s%s"
                            .formatted(
                                    name,
                                    type.protocolName(),
                                    spec.shape(),
                                    input.getDatatype(),
                                    shape));
        }
        long elements = elements(shape, name);
        return raw == null
                ? TypedContents.read(name, type, shape, elements, input.getContents())
                : RawContents.read(name, type, shape, elements, raw);
    }

    private static Shape shape(InferInputTensor input, String name) {
        long[] extents = new long[input.getShapeCount()];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = input.getShape(i);
            if (extents[i] < 0) {
                throw MillraceException.invalid(
                        "input '%s': an extent of a shape must be 0 or more, received %d"
                                .formatted(name, extents[i]));
            }
        }
        return Shape.of(extents);
    }

    private static long elements(Shape shape, String name) {
        try {
            return shape.elements();
        } catch (MillraceException e) {
            throw MillraceException.invalid("input '" + name + "': " + e.text());
        }
    }
}
