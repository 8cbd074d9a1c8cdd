package io.millrace.training.judge;

import io.millrace.api.HeldBackMetric;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Tensor;

/** Counts how good answers are. One thread uses it, for one version. */
final class Score {

    private static final double HALF = 0.5;

    private final HeldBackMetric metric;
    private final HeldBackSamples samples;
    private double sum;
    private long count;

    Score(HeldBackMetric metric, HeldBackSamples samples) {
        this.metric = metric;
        this.samples = samples;
    }

    /**
     * Takes the answers to some samples.
     *
     * @param items how many of the answers count; the others answer repeated samples
     * @throws MillraceException {@code INVALID} when they cannot be compared with the labels
     */
    void add(Tensor answers, long from, int items) {
        if (!(answers instanceof Tensor.Numeric numbers) || answers.shape().rank() == 0) {
            throw MillraceException.invalid("it answers with texts or with a single number");
        }
        long rows = numbers.shape().extent(0);
        if (rows < items) {
            throw MillraceException.invalid(
                    "it gave %d answers to %d samples".formatted(rows, items));
        }
        int width = Math.toIntExact(numbers.shape().elementsPerItem());
        for (int item = 0; item < items; item++) {
            if (metric == HeldBackMetric.ACCURACY) {
                count++;
                sum += answer(numbers, item, width) == label(from + item) ? 1 : 0;
            } else {
                addErrors(numbers, item, width, from + item);
            }
        }
    }

    private static long answer(Tensor.Numeric numbers, int item, int width) {
        if (width == 1) {
            return Elements.read(numbers.type(), numbers.data(), item) > HALF ? 1 : 0;
        }
        long greatest = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < width; i++) {
            double value = Elements.read(numbers.type(), numbers.data(), (long) item * width + i);
            if (value > most) {
                most = value;
                greatest = i;
            }
        }
        return greatest;
    }

    /** The number of a class; where it is one of several numbers, the place of the only 1. */
    private long label(long sample) {
        if (samples.labelWidth() == 1) {
            double value = samples.label(sample, 0);
            if (value != Math.rint(value)) {
                throw MillraceException.invalid(
                        "the label %s is no class: compare by mae, mse or rmse".formatted(value));
            }
            return (long) value;
        }
        long place = -1;
        for (int i = 0; i < samples.labelWidth(); i++) {
            double value = samples.label(sample, i);
            if (value != 0 && (value != 1 || place >= 0)) {
                throw MillraceException.invalid(
                        "labels of %d numbers that are not one 1 among 0 are no classes: compare by mae, mse or rmse"
                                .formatted(samples.labelWidth()));
            }
            place = value == 1 ? i : place;
        }
        return place;
    }

    private void addErrors(Tensor.Numeric numbers, int item, int width, long sample) {
        if (width != samples.labelWidth()) {
            throw MillraceException.invalid(
                    "it answers with %d numbers, a label is %d"
                            .formatted(width, samples.labelWidth()));
        }
        for (int i = 0; i < width; i++) {
            double answer = Elements.read(numbers.type(), numbers.data(), (long) item * width + i);
            double error = answer - samples.label(sample, i);
            sum += metric == HeldBackMetric.MEAN_ABSOLUTE_ERROR ? Math.abs(error) : error * error;
            count++;
        }
    }

    /**
     * The result.
     *
     * @throws MillraceException {@code INVALID} when some answers were no numbers
     */
    double value() {
        double mean = sum / count;
        if (!Double.isFinite(mean)) {
            throw MillraceException.invalid("some of its answers are no finite numbers");
        }
        return metric == HeldBackMetric.ROOT_MEAN_SQUARED_ERROR ? Math.sqrt(mean) : mean;
    }
}
