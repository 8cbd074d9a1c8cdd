package io.millrace.api;

/**
 * Where the label of a training sample is and how it is written.
 *
 * @param place where it is
 * @param name of the header; empty for the other places
 * @param decode how it becomes a tensor; for {@link Place#FIELD} its fields say which ones hold it
 */
public record LabelSpec(Place place, String name, DecodeSpec decode) {

    /** Where labels are. */
    public enum Place {
        /** The whole key of the record. */
        KEY,
        /** Fields of the payload, which are then no input. */
        FIELD,
        /** A header of the record. */
        HEADER
    }
}
