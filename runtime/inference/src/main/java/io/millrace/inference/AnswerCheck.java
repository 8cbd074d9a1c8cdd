package io.millrace.inference;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Collectors;

/** Outputs against what the signature says of them, and against each other. */
final class AnswerCheck {

    /** Engines add in another order for another batch; this much may differ. */
    private static final double TOLERANCE = 1e-3;

    private AnswerCheck() {}

    /** What a number may be that is none. */
    enum Oddity {
        NAN,
        INFINITY
    }

    /** What was expected and what came; empty when all is as declared. */
    static String mismatch(Signature signature, List<Tensor> outputs) {
        List<TensorSpec> specs = signature.outputs();
        if (specs.size() != outputs.size()) {
            return "expected %d outputs %s, got %d"
                    .formatted(
                            specs.size(),
                            specs.stream().map(TensorSpec::name).toList(),
                            outputs.size());
        }
        for (int i = 0; i < outputs.size(); i++) {
            TensorSpec spec = specs.get(i);
            Tensor output = outputs.get(i);
            boolean fits = isOfAnyRank(spec) ? output.type() == spec.type() : spec.accepts(output);
            if (!fits) {
                return "output '%s': expected %s%s, got %s%s"
                        .formatted(
                                spec.name(),
                                spec.type().plainName(),
                                spec.shape(),
                                output.type().plainName(),
                                output.shape());
            }
        }
        return "";
    }

    /** Engines say {@code [-1]} of outputs whose rank the model leaves open. */
    private static boolean isOfAnyRank(TensorSpec spec) {
        return spec.shape().rank() == 1 && spec.shape().extent(0) == Shape.ANY;
    }

    /** Where a number is odd, such as {@code output 'y', row 0}; empty when none is. */
    static String find(Signature signature, List<Tensor> outputs, Oddity oddity) {
        for (int i = 0; i < outputs.size(); i++) {
            if (outputs.get(i) instanceof Tensor.Numeric numeric && numeric.type().isFloat()) {
                long index = indexOf(numeric, oddity);
                if (index >= 0) {
                    String name = signature.outputs().get(i).name();
                    return "output '%s', row %d".formatted(name, row(numeric.shape(), index));
                }
            }
        }
        return "";
    }

    private static long row(Shape shape, long index) {
        return shape.rank() == 0 ? 0 : index / shape.elementsPerItem();
    }

    private static long indexOf(Tensor.Numeric tensor, Oddity oddity) {
        long count = tensor.shape().elements();
        for (long i = 0; i < count; i++) {
            double value = FloatElements.get(tensor.type(), tensor.data(), i);
            if (oddity == Oddity.NAN ? Double.isNaN(value) : Double.isInfinite(value)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the answer to both rows is the answers to each, one after the other. */
    static boolean areStacked(List<Tensor> first, List<Tensor> second, List<Tensor> both) {
        for (int i = 0; i < both.size(); i++) {
            if (!isStacked(first.get(i), second.get(i), both.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isStacked(Tensor first, Tensor second, Tensor both) {
        if (first instanceof Tensor.Numeric a
                && second instanceof Tensor.Numeric b
                && both instanceof Tensor.Numeric c) {
            long rowBytes = a.data().byteSize();
            return rowBytes * 2 == c.data().byteSize()
                    && rowBytes == b.data().byteSize()
                    && isNear(a.type(), a.data(), c.data().asSlice(0, rowBytes))
                    && isNear(a.type(), b.data(), c.data().asSlice(rowBytes));
        }
        return true;
    }

    private static boolean isNear(DataType type, MemorySegment expected, MemorySegment actual) {
        if (type != DataType.FP32 && type != DataType.FP64) {
            return expected.mismatch(actual) < 0 || type.isFloat();
        }
        long count = expected.byteSize() / type.bytes();
        for (long i = 0; i < count; i++) {
            double a = FloatElements.get(type, expected, i);
            double b = FloatElements.get(type, actual, i);
            boolean isClose = Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
            if (!isClose && Double.compare(a, b) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Types and shapes in one line. */
    static String describe(List<Tensor> tensors) {
        return tensors.stream()
                .map(tensor -> tensor.type().plainName() + tensor.shape())
                .collect(Collectors.joining(", "));
    }
}
