package io.millrace.inference.grpc;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.inference.grpc.proto.InferParameter;
import io.millrace.inference.grpc.proto.ModelInferRequest;
import io.millrace.inference.grpc.proto.ModelInferRequest.InferInputTensor;
import io.millrace.inference.grpc.proto.ModelInferRequest.InferRequestedOutputTensor;
import java.util.Map;

/**
 * Parameters that ask for extensions which are not served. Other unknown parameters are ignored;
 * these would have callers read something else than they asked for.
 */
final class RefusedExtensions {

    private static final String SHARED_MEMORY = "shared_memory_region";
    private static final String CLASSIFICATION = "classification";

    private RefusedExtensions() {}

    /**
     * Looks at the parameters of inputs and outputs.
     *
     * @throws MillraceException {@code UNSUPPORTED}
     */
    static void check(ModelInferRequest request) {
        for (int i = 0; i < request.getInputsCount(); i++) {
            InferInputTensor input = request.getInputs(i);
            if (input.getParametersCount() > 0) {
                refuseSharedMemory(input.getParametersMap());
            }
        }
        for (int i = 0; i < request.getOutputsCount(); i++) {
            InferRequestedOutputTensor output = request.getOutputs(i);
            if (output.getParametersCount() > 0) {
                refuseSharedMemory(output.getParametersMap());
                refuseClassification(output.getParametersMap());
            }
        }
    }

    private static void refuseSharedMemory(Map<String, InferParameter> parameters) {
        if (parameters.containsKey(SHARED_MEMORY)) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "The shared memory extension is not supported; send the tensors with the request.");
        }
    }

    private static void refuseClassification(Map<String, InferParameter> parameters) {
        InferParameter classes = parameters.get(CLASSIFICATION);
        if (classes != null && classes.getInt64Param() > 0) {
            throw new MillraceException(
                    ErrorCode.UNSUPPORTED,
                    "The classification extension is not supported; ask for the output and take its largest values.");
        }
    }
}
