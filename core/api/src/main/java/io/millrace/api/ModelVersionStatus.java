package io.millrace.api;

/**
 * What became of one version of a model.
 *
 * @param version its number
 * @param state where it stands
 * @param message why, in words a user can act on; empty when all is well
 * @param sha256 the content's hash in hexadecimal, empty while it is not known
 * @param sizeBytes of the files unpacked; 0 while not known
 * @param signature inputs and outputs in one line for people; empty while not known
 */
public record ModelVersionStatus(
        int version, State state, String message, String sha256, long sizeBytes, String signature) {

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
