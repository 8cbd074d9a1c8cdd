package io.millrace.store;

import io.millrace.api.Revision;
import java.util.List;

/**
 * Where a store keeps its changes. Called by one thread at a time.
 *
 * <p>A database of another kind comes in here: everything else of a store is the same for all.
 */
interface Journal extends AutoCloseable {

    /**
     * Keeps one change: durable when it returns, without any effect when it throws.
     *
     * @param specChanged whether the spec is another one than before
     */
    void append(Change change, boolean specChanged);

    /**
     * The changes of a range, in order.
     *
     * @param after the revision before the first one that is wanted
     * @param last the last one that is wanted
     * @return all of them, or an empty list when some are not kept any more
     */
    List<Change> read(Revision after, Revision last);

    @Override
    void close();

    /** Keeps nothing: for stores that live as long as their process. */
    Journal NONE =
            new Journal() {
                @Override
                public void append(Change change, boolean specChanged) {}

                @Override
                public List<Change> read(Revision after, Revision last) {
                    return List.of();
                }

                @Override
                public void close() {}
            };
}
