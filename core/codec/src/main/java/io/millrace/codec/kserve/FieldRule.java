package io.millrace.codec.kserve;

/**
 * What becomes of a field of somebody else's resource.
 *
 * @param name of the field
 * @param treatment what happens when it is written
 * @param text for people: what it becomes, or why it does not and what can be done instead
 */
public record FieldRule(String name, Treatment treatment, String text) {

    /** What happens when a field is written. */
    public enum Treatment {
        /** It does what it says. */
        HONOURED,
        /** The resource is taken; whoever applies it is told what does not hold. */
        WARNED,
        /** The resource is not taken: it would not be what was asked for. */
        REFUSED
    }
}
