package io.millrace.inference;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.util.List;

/** Inputs against the signature: an engine never sees what does not fit. */
final class InputCheck {

    private InputCheck() {}

    static void check(Signature signature, List<Tensor> inputs) {
        List<TensorSpec> specs = signature.inputs();
        if (inputs.size() != specs.size()) {
            throw MillraceException.invalid(
                    "signature '%s' takes %d inputs %s, received %d"
                            .formatted(
                                    signature.name(),
                                    specs.size(),
                                    specs.stream().map(TensorSpec::name).toList(),
                                    inputs.size()));
        }
        for (int i = 0; i < inputs.size(); i++) {
            TensorSpec spec = specs.get(i);
            Tensor input = inputs.get(i);
            if (input.type() != spec.type() || !spec.shape().accepts(input.shape())) {
                throw MillraceException.invalid(
                        "input '%s': expected %s%s, received %s%s"
                                .formatted(
                                        spec.name(),
                                        spec.type().plainName(),
                                        spec.shape(),
                                        input.type().plainName(),
                                        input.shape()));
            }
            if (input.shape().elements() == 0) {
                throw MillraceException.invalid(
                        "input '%s' is empty: received %s%s"
                                .formatted(spec.name(), input.type().plainName(), input.shape()));
            }
        }
    }

    /** How many rows the inputs hold; all inputs must agree. */
    static int rows(Signature signature, List<Tensor> inputs) {
        long rows = inputs.getFirst().shape().extent(0);
        for (int i = 1; i < inputs.size(); i++) {
            if (inputs.get(i).shape().extent(0) != rows) {
                throw MillraceException.invalid(
                        "all inputs need the same number of rows: '%s' has %d, '%s' has %d"
                                .formatted(
                                        signature.inputs().getFirst().name(),
                                        rows,
                                        signature.inputs().get(i).name(),
                                        inputs.get(i).shape().extent(0)));
            }
        }
        return Math.toIntExact(Math.min(rows, Integer.MAX_VALUE));
    }
}
