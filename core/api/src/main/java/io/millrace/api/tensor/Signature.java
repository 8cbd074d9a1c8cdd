package io.millrace.api.tensor;

import java.util.List;

/**
 * One way to call a model.
 *
 * @param name such as {@code serving_default}
 * @param inputs in the order in which unnamed values are taken
 * @param outputs in the order in which they are given
 */
public record Signature(String name, List<TensorSpec> inputs, List<TensorSpec> outputs) {

    /** The signature that is meant when none is named. */
    public static final String DEFAULT = "serving_default";

    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    @Override
    public String toString() {
        return inputs + " -> " + outputs;
    }
}
