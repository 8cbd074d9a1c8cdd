package io.millrace.codec;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.List;
import java.util.stream.Collectors;

/** Everything that is wrong in a text of resources, at once. */
public final class ResourceProblems extends MillraceException {

    private static final long serialVersionUID = 1L;

    private final String source;

    @SuppressWarnings("serial") // the list is an immutable one of the JDK, which is serializable
    private final List<Problem> problems;

    /**
     * Makes the error of some problems.
     *
     * @param source what the text is called, such as its file; empty when it has no name
     */
    public ResourceProblems(String source, List<Problem> problems) {
        super(ErrorCode.INVALID, describe(source, problems));
        this.source = source;
        this.problems = List.copyOf(problems);
    }

    /** What the text is called; empty when it has no name. */
    public String source() {
        return source;
    }

    /** What is wrong, in the order of the text; at least one. */
    public List<Problem> problems() {
        return problems;
    }

    private static String describe(String source, List<Problem> problems) {
        return problems.stream()
                .map(p -> place(source, p) + ": " + p.message())
                .collect(Collectors.joining("\n"));
    }

    private static String place(String source, Problem problem) {
        String place = problem.line() + ":" + problem.column();
        return source.isEmpty() ? "line " + place : source + ":" + place;
    }
}
