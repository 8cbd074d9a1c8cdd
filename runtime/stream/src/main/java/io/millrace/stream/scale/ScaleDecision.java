package io.millrace.stream.scale;

/**
 * How many tasks there should be.
 *
 * @param tasks how many; those of the load when nothing is to be done
 * @param cause why
 * @param message for people; empty when there is nothing to say
 */
public record ScaleDecision(int tasks, Cause cause, String message) {

    /** Why a number of tasks is right. */
    public enum Cause {
        /** Nothing is to be done. */
        STEADY,
        /** Too many records wait. */
        LAG,
        /** A record waits for too long. */
        AGE,
        /** Fewer tasks can do what there is. */
        CALM,
        /** Nothing came. */
        IDLE,
        /** What is declared has changed. */
        DECLARED,
        /** More would be right, but there may not be more. */
        LIMITED,
        /** More would be right, but they would not help. */
        HELD
    }
}
