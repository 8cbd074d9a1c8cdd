package io.millrace.api.tensor;

import io.millrace.api.MillraceException;
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

    /**
     * Checks inputs before they reach an engine, where some that do not fit would end the process:
     * their number, and of each the type, the rank, the fixed extents and that it holds elements. A
     * call of no rows at all is refused like any other tensor that holds nothing. Allocates nothing
     * when all is well.
     *
     * @param given in the order of {@link #inputs()}
     * @throws MillraceException {@code INVALID}, with what was expected and what came
     */
    public void check(List<Tensor> given) {
        if (given.size() != inputs.size()) {
            throw MillraceException.invalid(
                    "signature '%s' takes %d inputs %s, received %d"
                            .formatted(
                                    name,
                                    inputs.size(),
                                    inputs.stream().map(TensorSpec::name).toList(),
                                    given.size()));
        }
        for (int i = 0; i < inputs.size(); i++) {
            TensorSpec expected = inputs.get(i);
            Tensor input = given.get(i);
            if (!expected.accepts(input)) {
                throw MillraceException.invalid(
                        "input '%s': expected %s%s, received %s%s"
                                .formatted(
                                        expected.name(),
                                        expected.type().plainName(),
                                        expected.shape(),
                                        input.type().plainName(),
                                        input.shape()));
            }
            if (input.shape().elements() == 0) {
                throw MillraceException.invalid(
                        "input '%s' is empty: expected %s%s, received %s%s"
                                .formatted(
                                        expected.name(),
                                        expected.type().plainName(),
                                        expected.shape(),
                                        input.type().plainName(),
                                        input.shape()));
            }
        }
    }

    @Override
    public String toString() {
        return inputs + " -> " + outputs;
    }
}
