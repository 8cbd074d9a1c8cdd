package io.millrace.spi;

import java.util.List;
import java.util.Set;

/**
 * A sink that gathers records and stores many at once. One task's thread uses it.
 *
 * <p>{@link #write} only looks whether records can be stored at all and keeps them; nothing that it
 * took counts as accepted before a {@link #store} has returned, so the task commits no position
 * behind what is held. When partitions go to another task, what is held of them is forgotten: it
 * comes again there.
 */
public interface GatheringSink extends Sink {

    /**
     * Stands in a destination where the offsets of the first and the last record of an object are
     * filled in, which are known when it is stored: no name of an object holds this character.
     */
    String OFFSETS = "\0";

    /** Takes records in order. Blocks for nobody. */
    @Override
    List<ItemFailure> write(List<OutputRecord> batch);

    /** Whether it holds records that are not stored yet. */
    boolean isHolding();

    /** Whether what it holds should be stored now: it is enough, or the first has waited enough. */
    boolean isDue();

    /**
     * Stores all that it holds; afterwards it holds nothing. What was stored before a failure is
     * not stored again by the next call.
     *
     * @throws io.millrace.api.MillraceException when the far side is away or refuses it; trying
     *     again later is right, whatever the code
     */
    void store();

    /** Forgets what it holds of partitions that are another task's now. */
    void forget(Set<LogPartition> partitions);
}
