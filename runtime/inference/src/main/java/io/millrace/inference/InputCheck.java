package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import java.util.List;

/** Inputs against the signature: an engine never sees what does not fit. */
final class InputCheck {

    private InputCheck() {}

    static void check(Signature signature, List<Tensor> inputs) {
        signature.check(inputs);
    }

    /**
     * How many rows checked inputs hold; all inputs must agree.
     *
     * @throws MillraceException {@code INVALID} when they do not, {@code TOO_LARGE} when they are
     *     more than {@code int} counts
     */
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
        if (rows > Integer.MAX_VALUE) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE,
                    "a call takes at most %d rows, received %d; send several calls"
                            .formatted(Integer.MAX_VALUE, rows));
        }
        return (int) rows;
    }
}
