package io.millrace.training.run;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What happens where the kernel cannot lock a trainer in. */
public enum Confinement {
    /**
     * What the kernel has is applied, and nothing is trained when that fails; what it lacks is said
     * in the log and in a notice of each run.
     */
    AUTO("auto"),
    /** Nothing is trained there. */
    REQUIRED("required"),
    /** It is trained with what can be applied; the log and a notice say what cannot. */
    BEST_EFFORT("best-effort");

    private final String label;

    Confinement(String label) {
        this.label = label;
    }

    /** As users write it. */
    public String label() {
        return label;
    }

    /** All of them, for people. */
    public static String labels() {
        return Arrays.stream(values()).map(Confinement::label).collect(Collectors.joining(", "));
    }
}
