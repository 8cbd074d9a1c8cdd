package io.millrace.api;

import java.time.Instant;

/**
 * One positive statement about a resource and whether it holds.
 *
 * @param type what is stated, such as {@code Ready}
 * @param status whether it holds
 * @param reason one word in CamelCase for programs
 * @param message a sentence for people; says what to do when something is wrong
 * @param lastTransitionTime when {@code status} changed last
 * @param observedGeneration the generation of the spec this speaks of
 */
public record Condition(
        String type,
        Truth status,
        String reason,
        String message,
        Instant lastTransitionTime,
        long observedGeneration) {

    /** The condition that every kind has. */
    public static final String READY = "Ready";

    /** Whether a condition holds. */
    public enum Truth {
        TRUE("True"),
        FALSE("False"),
        UNKNOWN("Unknown");

        private final String label;

        Truth(String label) {
            this.label = label;
        }

        /** As written in status. */
        public String label() {
            return label;
        }
    }

    /** Whether the statement holds. */
    public boolean isTrue() {
        return status == Truth.TRUE;
    }

    /** Whether both say the same, whenever they were said. */
    public boolean saysTheSameAs(Condition other) {
        return type.equals(other.type)
                && status == other.status
                && reason.equals(other.reason)
                && message.equals(other.message)
                && observedGeneration == other.observedGeneration;
    }
}
