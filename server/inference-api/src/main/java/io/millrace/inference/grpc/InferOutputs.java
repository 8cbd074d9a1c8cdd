package io.millrace.inference.grpc;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferResponse;
import io.millrace.inference.grpc.proto.ModelInferResponse.InferOutputTensor;
import java.util.List;

/** The outputs that were asked for, in that order; all of them when none was named. */
final class InferOutputs {

    private InferOutputs() {}

    /**
     * Looks ahead of the call.
     *
     * @throws MillraceException {@code INVALID} when a requested output does not exist
     */
    static void check(ModelInferRequest request, Signature signature) {
        for (int i = 0; i < request.getOutputsCount(); i++) {
            find(signature.outputs(), request.getOutputs(i).getName());
        }
    }

    static void write(
            ModelInferRequest request,
            Signature signature,
            List<Tensor> outputs,
            boolean isRaw,
            ModelInferResponse.Builder response) {
        int requested = request.getOutputsCount();
        int count = requested == 0 ? outputs.size() : requested;
        boolean writesRaw = isRaw || !isTypedPossible(outputs);
        for (int i = 0; i < count; i++) {
            int at =
                    requested == 0 ? i : find(signature.outputs(), request.getOutputs(i).getName());
            Tensor output = outputs.get(at);
            var description =
                    InferOutputTensor.newBuilder()
                            .setName(signature.outputs().get(at).name())
                            .setDatatype(output.type().protocolName());
            addShape(output.shape(), description);
            if (writesRaw) {
                response.addRawOutputContents(RawContents.write(output));
            } else {
                description.setContents(TypedContents.write(output));
            }
            response.addOutputs(description);
        }
    }

    /** One output without a list makes all of them raw: raw contents go with all or none. */
    private static boolean isTypedPossible(List<Tensor> outputs) {
        for (int i = 0; i < outputs.size(); i++) {
            if (!TypedContents.isPossible(outputs.get(i).type())) {
                return false;
            }
        }
        return true;
    }

    private static void addShape(Shape shape, InferOutputTensor.Builder description) {
        for (int axis = 0; axis < shape.rank(); axis++) {
            description.addShape(shape.extent(axis));
        }
    }

    private static int find(List<TensorSpec> specs, String name) {
        for (int i = 0; i < specs.size(); i++) {
            if (specs.get(i).name().equals(name)) {
                return i;
            }
        }
        throw MillraceException.invalid(
                "there is no output '%s'; the model gives %s"
                        .formatted(name, specs.stream().map(TensorSpec::name).toList()));
    }
}
