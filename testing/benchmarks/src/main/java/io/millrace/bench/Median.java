package io.millrace.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The middle one of several runs. */
final class Median {

    private Median() {}

    static double of(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    static <T> double of(List<T> values, ToDoubleFunction<T> figure) {
        return of(values.stream().map(figure::applyAsDouble).toList());
    }
}
