package io.millrace.inference;

import io.millrace.api.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Whether two versions gave the same answer: for scores, the same largest element in each row; for
 * the rest, equal within a tolerance.
 */
final class Agreement {

    private static final double RELATIVE = 1e-3;

    /** Around zero nothing is relative: below this, two numbers are the same. */
    private static final double ABSOLUTE = 1e-6;

    private Agreement() {}

    /** Whether all outputs agree. */
    static boolean isSame(List<Tensor> given, List<Tensor> other) {
        if (given.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < given.size(); i++) {
            if (!isSame(given.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSame(Tensor given, Tensor other) {
        if (given.type() != other.type() || !given.shape().equals(other.shape())) {
            return false;
        }
        if (given instanceof Tensor.Bytes(var _, List<byte[]> mine)
                && other instanceof Tensor.Bytes(var _, List<byte[]> theirs)) {
            return isSameBytes(mine, theirs);
        }
        if (given instanceof Tensor.Numeric a && other instanceof Tensor.Numeric b) {
            if (!a.type().isFloat()) {
                return a.data().mismatch(b.data()) < 0;
            }
            boolean areScores = a.shape().rank() == 2 && a.shape().extent(1) > 1;
            return areScores ? isSameChoice(a, b) : isNear(a, b);
        }
        return false;
    }

    private static boolean isSameBytes(List<byte[]> given, List<byte[]> other) {
        for (int i = 0; i < given.size(); i++) {
            if (!Arrays.equals(given.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSameChoice(Tensor.Numeric given, Tensor.Numeric other) {
        long rows = given.shape().extent(0);
        long columns = given.shape().extent(1);
        for (long row = 0; row < rows; row++) {
            if (largest(given, row * columns, columns) != largest(other, row * columns, columns)) {
                return false;
            }
        }
        return true;
    }

    /** Where the largest element stands; NaN is larger than all, so that it shows. */
    private static long largest(Tensor.Numeric tensor, long from, long count) {
        long best = 0;
        double most = element(tensor, from);
        for (long i = 1; i < count; i++) {
            double value = element(tensor, from + i);
            if (Double.compare(value, most) > 0) {
                best = i;
                most = value;
            }
        }
        return Double.isNaN(most) ? -1 - best : best;
    }

    private static boolean isNear(Tensor.Numeric given, Tensor.Numeric other) {
        long count = given.shape().elements();
        for (long i = 0; i < count; i++) {
            double a = element(given, i);
            double b = element(other, i);
            double tolerance = Math.max(ABSOLUTE, RELATIVE * Math.max(Math.abs(a), Math.abs(b)));
            // Infinities are equal or they are not; NaN agrees with NaN.
            boolean isClose = !Double.isInfinite(tolerance) && Math.abs(a - b) <= tolerance;
            if (!isClose && Double.compare(a, b) != 0) {
                return false;
            }
        }
        return true;
    }

    private static double element(Tensor.Numeric tensor, long index) {
        return FloatElements.get(tensor.type(), tensor.data(), index);
    }
}
