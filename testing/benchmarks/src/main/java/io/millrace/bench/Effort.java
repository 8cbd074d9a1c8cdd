package io.millrace.bench;

/** How long and how often is measured. */
record Effort(double seconds, int rounds, boolean isShort) {

    static Effort full(double seconds) {
        return new Effort(Math.min(4, seconds), 3, false);
    }

    /** To see that everything works; its figures say little. */
    static Effort brief() {
        return new Effort(1, 1, true);
    }
}
