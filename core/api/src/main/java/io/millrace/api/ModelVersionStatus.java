package io.millrace.api;

import java.util.List;

/**
 * What became of one version of a model.
 *
 * @param version its number
 * @param state where it stands
 * @param message why, in words a user can act on; empty when all is well
 * @param sha256 the content's hash in hexadecimal, empty while it is not known
 * @param sizeBytes of the files unpacked; 0 while not known
 * @param signature inputs and outputs in one line for people; empty while not known
 * @param origin where its content came from, as declared
 * @param checks what trying it out showed, in the order of the checks
 * @param isLoaded whether it is in memory now; one that is ready and not loaded comes back with the
 *     next call
 */
public record ModelVersionStatus(
        int version,
        State state,
        String message,
        String sha256,
        long sizeBytes,
        String signature,
        String origin,
        List<Check> checks,
        boolean isLoaded) {

    public ModelVersionStatus {
        checks = List.copyOf(checks);
    }

    /**
     * One check of a version.
     *
     * @param name such as {@code operations} or {@code batch}
     * @param result what it showed, in one line
     */
    public record Check(String name, String result) {}

    /** Where a version stands. */
    public enum State {
        PENDING("Pending"),
        PROBING("Probing"),
        READY("Ready"),
        REJECTED("Rejected");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** As shown to people. */
        public String label() {
            return label;
        }
    }
}
