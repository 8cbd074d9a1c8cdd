package io.millrace.spi;

import io.millrace.api.MillraceException;
import io.millrace.api.PipelineSpec;
import java.util.ArrayList;
import java.util.List;

/** A place between two parts of a pipeline, where records can be looked at. */
public sealed interface PipelineEdge {

    /** Records as they were read. */
    record In() implements PipelineEdge {}

    /**
     * What a step made of them.
     *
     * @param step its number, from 1
     */
    record After(int step) implements PipelineEdge {}

    /** What all outputs have accepted. */
    record Out() implements PipelineEdge {}

    /** Whether the pipeline has this edge. */
    default boolean isWithin(int steps) {
        return !(this instanceof After(int step)) || step <= steps;
    }

    /**
     * Reads {@code in}, {@code out}, the number of a step from 1, or the name of a function or
     * model that one step uses, with or without its kind.
     *
     * @throws MillraceException {@code INVALID} with the edges that there are
     */
    static PipelineEdge parse(String text, List<PipelineSpec.Step> steps) {
        if (text.equals("in")) {
            return new In();
        }
        if (text.isEmpty() || text.equals("out")) {
            return new Out();
        }
        int found = 0;
        for (int i = 0; i < steps.size(); i++) {
            if (text.equals(Integer.toString(i + 1))) {
                return new After(i + 1);
            }
            if (names(steps.get(i)).stream().anyMatch(name -> isNamed(text, name))) {
                if (found != 0) {
                    throw MillraceException.invalid(
                            "steps %d and %d both use '%s'; name one by its number"
                                    .formatted(found, i + 1, text));
                }
                found = i + 1;
            }
        }
        if (found == 0) {
            throw MillraceException.invalid(
                    "the pipeline has no edge '%s'; there are %s"
                            .formatted(text, String.join(", ", edges(steps))));
        }
        return new After(found);
    }

    private static boolean isNamed(String text, String name) {
        return name.equals(text) || name.endsWith("/" + text);
    }

    private static List<String> edges(List<PipelineSpec.Step> steps) {
        var edges = new ArrayList<String>(List.of("in"));
        for (int i = 0; i < steps.size(); i++) {
            edges.add((i + 1) + " (" + String.join(", ", names(steps.get(i))) + ")");
        }
        edges.add("out");
        return edges;
    }

    private static List<String> names(PipelineSpec.Step step) {
        return switch (step) {
            case PipelineSpec.FunctionStep function -> List.of("function/" + function.name());
            case PipelineSpec.ModelStep model ->
                    model.models().stream().map(name -> "model/" + name).toList();
            case PipelineSpec.PredictStep predict -> List.of("model/" + predict.model());
            case PipelineSpec.WindowStep _ -> List.of("window");
        };
    }
}
