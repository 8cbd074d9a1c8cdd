package io.millrace.spi;

import io.millrace.api.MillraceException;

/**
 * Where a dead letter stands among those of its pipeline; its name for people and programs.
 *
 * @param partition of the topic of dead letters
 * @param offset in the partition
 */
public record LetterPosition(int partition, long offset) implements Comparable<LetterPosition> {

    /** Before all letters. */
    public static final LetterPosition START = new LetterPosition(0, 0);

    public LetterPosition {
        if (partition < 0 || offset < 0) {
            throw MillraceException.invalid(
                    "a dead letter's position has no negative numbers, was %d/%d"
                            .formatted(partition, offset));
        }
    }

    /**
     * Reads {@code partition/offset}.
     *
     * @throws MillraceException {@code INVALID} for anything else
     */
    public static LetterPosition parse(String text) {
        int slash = text.indexOf('/');
        try {
            if (slash > 0) {
                return new LetterPosition(
                        Integer.parseInt(text.substring(0, slash)),
                        Long.parseLong(text.substring(slash + 1)));
            }
        } catch (NumberFormatException _) {
            // The answer is the same for all that is none.
        }
        throw MillraceException.invalid(
                "a dead letter is named by partition and offset, as in 0/17; was '" + text + "'");
    }

    @Override
    public int compareTo(LetterPosition other) {
        int byPartition = Integer.compare(partition, other.partition);
        return byPartition != 0 ? byPartition : Long.compare(offset, other.offset);
    }

    @Override
    public String toString() {
        return partition + "/" + offset;
    }
}
