package io.millrace.spi;

/**
 * Some records of a partition.
 *
 * @param from the offset of the first one
 * @param to the offset behind the last one, not less than {@code from}
 */
public record OffsetRange(long from, long to) {
    /** How many offsets it spans; a log may have fewer records than that. */
    public long length() {
        return to - from;
    }
}
