package io.millrace.api;

/**
 * A point in the history of the whole store. Each change has its own; they only grow.
 *
 * @param value 0 is before the first change
 */
public record Revision(long value) implements Comparable<Revision> {

    /** Before the first change. */
    public static final Revision NONE = new Revision(0);

    public Revision {
        if (value < 0) {
            throw MillraceException.invalid("a revision must not be negative, was " + value);
        }
    }

    /** Whether this point is later than the other. */
    public boolean isAfter(Revision other) {
        return value > other.value;
    }

    @Override
    public int compareTo(Revision other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
