package io.millrace.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Models and functions put together, called like one model. Bodies are JSON as KServe's V1 protocol
 * has it.
 *
 * @param nodes by name, in the order in which they were written; calls begin at {@link #ROOT}
 */
public record InferenceGraphSpec(Map<String, Node> nodes) implements Spec {

    /** Where calls begin. */
    public static final String ROOT = "root";

    public InferenceGraphSpec {
        nodes = Collections.unmodifiableMap(new LinkedHashMap<String, Node>(nodes));
    }

    /**
     * A place where it is decided which steps run.
     *
     * @param router how
     * @param steps at least one
     */
    public record Node(Router router, List<Step> steps) {
        public Node {
            steps = List.copyOf(steps);
        }
    }

    /** How a node runs its steps. */
    public enum Router {
        /** One after another. */
        SEQUENCE("Sequence"),
        /** The first whose condition holds for the request. */
        SWITCH("Switch"),
        /** One by chance, by weight. */
        SPLITTER("Splitter"),
        /** All at once; the answers become one object. */
        ENSEMBLE("Ensemble");

        private final String label;

        Router(String label) {
            this.label = label;
        }

        /** As written in {@code routerType}. */
        public String label() {
            return label;
        }
    }

    /** What a step calls. */
    public sealed interface Target {
        /** A model of the same project. */
        record Model(ResourceName name, VersionRef version) implements Target {}

        /** A function of the same project. */
        record Function(ResourceName name) implements Target {}

        /** Another node of the graph. */
        record NodeOf(String name) implements Target {}
    }

    /**
     * One step.
     *
     * @param name under which an ensemble puts its answer; empty for its index
     * @param target what it calls
     * @param takesResponse whether it gets the answer of the step before instead of the node's
     *     request
     * @param weight its share of a splitter, in percent
     * @param condition a path in GJSON's syntax that must lead somewhere for the step to run; empty
     *     for always
     * @param isHard whether its failure ends the node with that failure
     * @param mapsPredictions whether {@code predictions} of what it gets is renamed to {@code
     *     instances}
     */
    public record Step(
            String name,
            Target target,
            boolean takesResponse,
            int weight,
            String condition,
            boolean isHard,
            boolean mapsPredictions) {}
}
