package io.millrace.codec.json;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;

/**
 * What a prediction request holds.
 *
 * @param signature the one it is for
 * @param inputs in the order of the signature
 * @param layout how it was written, and so how the answer is
 */
public record InferenceRequest(Signature signature, List<Tensor> inputs, Layout layout) {

    /** The two formats of TensorFlow Serving. */
    public enum Layout {
        /** {@code instances} in, {@code predictions} out: one value per row. */
        ROWS,
        /** {@code inputs} in, {@code outputs} out: one value per tensor. */
        COLUMNS
    }
}
