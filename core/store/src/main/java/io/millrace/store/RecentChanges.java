package io.millrace.store;

import io.millrace.api.Revision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest changes in a ring, found by revision: revisions have no gaps. It is the one queue of
 * all watchers, so what they can hold back is bounded by its size. Not for several threads at once.
 */
final class RecentChanges {

    private final @Nullable Change[] ring;
    private long first;
    private long last;

    /**
     * Makes a ring without changes.
     *
     * @param start the revision before the first change that will come
     */
    RecentChanges(int capacity, Revision start) {
        ring = new @Nullable Change[capacity];
        first = start.value() + 1;
        last = start.value();
    }

    void add(Change change) {
        last = change.revision().value();
        ring[(int) (last % ring.length)] = change;
        first = Math.max(first, last - ring.length + 1);
    }

    /** The newest revision. */
    long last() {
        return last;
    }

    /** The oldest revision whose change is here; one more than the newest when none is. */
    long first() {
        return first;
    }

    /** Some changes from a revision on, which must not be older than the first. */
    List<Change> from(long revision, int most) {
        var changes = new ArrayList<Change>();
        for (long r = revision; r <= last && changes.size() < most; r++) {
            Change change = ring[(int) (r % ring.length)];
            if (change != null) {
                changes.add(change);
            }
        }
        return changes;
    }
}
