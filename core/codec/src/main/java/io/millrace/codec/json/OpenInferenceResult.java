package io.millrace.codec.json;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;

/**
 * What an answer of the Open Inference Protocol tells.
 *
 * @param model its name
 * @param version which version computed it
 * @param id of the request
 * @param signature with which the outputs go
 * @param outputs in the order of the signature
 */
public record OpenInferenceResult(
        String model, int version, String id, Signature signature, List<Tensor> outputs) {}
