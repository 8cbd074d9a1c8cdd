package io.millrace.spi;

import java.util.List;

/**
 * Where results go. One task's thread uses it.
 *
 * <p>Acknowledgement belongs to the batch: {@link #write} returns only when every record that it
 * does not report as failed is accepted as durably as this sink promises. The task commits its
 * input after that, so whatever was in a write that never returned is written again.
 */
public interface Sink extends AutoCloseable {

    /**
     * Writes records in order. Blocks while the far side is slow.
     *
     * <p>What failed with a code that may pass is written again, behind what was accepted, and so
     * is all that follows it in the batch under the same key: the caller sees to that. A record may
     * come twice then, the first time too early. A sink that can stop where it fails spares its
     * readers that: it accepts nothing behind, and reports all of it. {@code UNAVAILABLE} and
     * {@code OVERLOADED}, reported or thrown, mean that the far side is away: then no record is
     * ever given up for it.
     *
     * @return the failures, by index in the batch; empty when all were accepted
     */
    List<ItemFailure> write(List<OutputRecord> batch);

    /** Gives back what it holds. Idempotent. */
    @Override
    void close();
}
