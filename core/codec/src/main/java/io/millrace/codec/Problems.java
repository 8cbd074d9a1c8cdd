package io.millrace.codec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong in a text, up to a limit, so that all of it can be told at once. */
final class Problems {

    private static final int LIMIT = 100;

    private final String source;
    private final List<Problem> problems = new ArrayList<>();
    private int document = 1;
    private int left;

    Problems(String source) {
        this.source = source;
    }

    /** Later problems are of this document, counted from 1. */
    void enter(int number) {
        document = number;
    }

    void add(Position position, String pointer, String message) {
        var problem = new Problem(document, position.line(), position.column(), pointer, message);
        if (problems.contains(problem)) {
            return; // a value may be read twice
        }
        if (problems.size() < LIMIT) {
            problems.add(problem);
        } else {
            left++;
        }
    }

    /** Takes over what another reading noted. */
    void addAll(Problems others) {
        problems.addAll(others.problems);
        left += others.left;
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    /** How many were noted. */
    int count() {
        return problems.size() + left;
    }

    /** Ends the reading when anything was wrong. */
    void throwIfAny() {
        if (isEmpty()) {
            return;
        }
        var sorted = new ArrayList<>(problems);
        sorted.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
        if (left > 0) {
            Problem last = sorted.getLast();
            sorted.add(
                    new Problem(
                            last.document(),
                            last.line(),
                            last.column(),
                            "",
                            "and " + left + " more problems"));
        }
        throw new ResourceProblems(source, sorted);
    }
}
