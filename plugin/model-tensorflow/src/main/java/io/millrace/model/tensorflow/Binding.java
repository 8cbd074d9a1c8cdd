package io.millrace.model.tensorflow;

import io.millrace.api.tensor.Signature;
import java.util.List;

/**
 * A signature and where its tensors are in the graph.
 *
 * @param signature as callers see it
 * @param inputs the graph's name of each input, such as {@code serve_x:0}
 * @param outputs the graph's name of each output
 */
record Binding(Signature signature, List<String> inputs, List<String> outputs) {

    Binding {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
