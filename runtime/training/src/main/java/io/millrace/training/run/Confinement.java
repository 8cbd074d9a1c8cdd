package io.millrace.training.run;

/** What happens where the kernel cannot lock a trainer in. */
public enum Confinement {
    /** Nothing is trained there. */
    REQUIRED("required"),
    /** It is trained with what there is; a notice and the log say so. */
    BEST_EFFORT("best-effort");

    private final String label;

    Confinement(String label) {
        this.label = label;
    }

    /** As users write it. */
    public String label() {
        return label;
    }
}
