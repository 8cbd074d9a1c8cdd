package io.millrace.api;

/**
 * Training that also learns from samples without label: after a first fit the model labels those it
 * is sure of, and learns again from them.
 *
 * @param rounds how often, at least 1
 * @param confidence the least probability of a label, 0 to 1
 */
public record SemiSupervisedSpec(int rounds, double confidence) {

    /** Five rounds, labels of at least 0.9. */
    public static final SemiSupervisedSpec DEFAULT = new SemiSupervisedSpec(5, 0.9);
}
