package io.millrace.codec.json;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;

/**
 * What an inference request of the Open Inference Protocol holds.
 *
 * @param id as the caller gave it; empty when it gave none
 * @param signature the one it is for
 * @param inputs in the order of the signature, whatever their order in the request
 * @param outputs what is asked for, in that order; all of the signature when nothing was named
 * @param timeoutMicros the parameter {@code timeout}; 0 when there is none
 */
public record OpenInferenceRequest(
        String id,
        Signature signature,
        List<Tensor> inputs,
        List<Output> outputs,
        long timeoutMicros) {

    public OpenInferenceRequest {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * An output that is asked for.
     *
     * @param name as the signature calls it
     * @param isBinary whether it goes behind the JSON rather than into it
     */
    public record Output(String name, boolean isBinary) {}
}
