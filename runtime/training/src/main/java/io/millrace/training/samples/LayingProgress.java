package io.millrace.training.samples;

/** Told, now and then, how far samples have been laid down. */
@FunctionalInterface
public interface LayingProgress {

    /** Nobody wants to know. */
    LayingProgress NONE = (_, _) -> {};

    /**
     * Takes a note. An exception ends the laying down.
     *
     * @param records that were read
     * @param expected how many there are, at most
     */
    void laid(long records, long expected);
}
