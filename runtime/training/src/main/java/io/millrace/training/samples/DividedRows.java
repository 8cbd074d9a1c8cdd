package io.millrace.training.samples;

import java.io.IOException;
import java.util.List;

/**
 * Which rows are divided into parts; the others are all learned from.
 *
 * @param spans of rows that are divided, in order, apart from each other
 * @param rows how many there are in all
 */
record DividedRows(List<Span> spans, long rows) {

    /**
     * Rows that stand together.
     *
     * @param from the first
     * @param to the one behind the last
     */
    record Span(long from, long to) {
        long length() {
            return to - from;
        }
    }

    /** Takes rows one by one. */
    @FunctionalInterface
    interface Taker {
        void take(long row) throws IOException;
    }

    DividedRows {
        spans = List.copyOf(spans);
    }

    static DividedRows all(long rows) {
        return new DividedRows(List.of(new Span(0, rows)), rows);
    }

    /** How many are divided. */
    long count() {
        return spans.stream().mapToLong(Span::length).sum();
    }

    /** Gives those that are divided, in order. */
    void forEach(Taker taker) throws IOException {
        for (Span span : spans) {
            give(span.from(), span.to(), taker);
        }
    }

    /** Gives the others, in order. */
    void forEachOther(Taker taker) throws IOException {
        long next = 0;
        for (Span span : spans) {
            give(next, span.from(), taker);
            next = span.to();
        }
        give(next, rows, taker);
    }

    private static void give(long from, long to, Taker taker) throws IOException {
        for (long row = from; row < to; row++) {
            taker.take(row);
        }
    }
}
