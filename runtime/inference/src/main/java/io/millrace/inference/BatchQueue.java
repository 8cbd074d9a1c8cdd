package io.millrace.inference;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one version that wait for the engine, in groups that may share an engine call. Of
 * all groups that may leave, the one with the oldest call does, with that call in front: however
 * many others come, nobody is passed over twice. Not safe for threads: its owner has a lock.
 */
final class BatchQueue {

    /** Calls of still another kind wait with those that share with nobody. */
    private static final int MAX_GROUPS = 512;

    private final List<BatchGroup> groups = new ArrayList<>();
    private final BatchGroup unshared = new BatchGroup(false);
    private @Nullable BatchGroup spare;
    private int calls;
    private long rows;

    boolean isEmpty() {
        return calls == 0;
    }

    int calls() {
        return calls;
    }

    long rows() {
        return rows;
    }

    /**
     * Looks for room.
     *
     * @throws MillraceException {@code OVERLOADED} when there is none
     */
    void checkRoom(int more, int most) {
        if (rows + more > most) {
            throw new MillraceException(
                    ErrorCode.OVERLOADED,
                    ("the model's queue is full: %d items are waiting, this call has %d, allowed"
                                    + " are %d; try again later or raise batching.maxQueuedItems")
                            .formatted(rows, more, most));
        }
    }

    void add(BatchItem item) {
        groupFor(item).add(item);
        calls++;
        rows += item.rows();
    }

    private BatchGroup groupFor(BatchItem item) {
        if (!item.canMerge()) {
            return unshared;
        }
        for (int i = 0; i < groups.size(); i++) {
            if (groups.get(i).oldest().fitsWith(item)) {
                return groups.get(i);
            }
        }
        if (groups.size() == MAX_GROUPS) {
            return unshared;
        }
        BatchGroup group = spare == null ? new BatchGroup(true) : spare;
        spare = null;
        groups.add(group);
        return group;
    }

    /** Takes out a call whose caller has left; does nothing when it is not here any more. */
    void remove(BatchItem item) {
        BatchGroup group = item.group();
        if (group != null) {
            remove(group, item);
            dropIfEmpty(group);
        }
    }

    private void remove(BatchGroup group, BatchItem item) {
        group.remove(item);
        calls--;
        rows -= item.rows();
    }

    private void dropIfEmpty(BatchGroup group) {
        if (group != unshared && group.isEmpty()) {
            groups.remove(group);
            spare = group;
        }
    }

    /**
     * How long nobody needs to look here.
     *
     * @param reserve how long before a deadline a call must leave
     * @return 0 when a batch may leave now; very long when nobody waits
     */
    long patience(long now, BatchLimits limits, long reserve) {
        if (calls > 0 && limits.maxDelayNanos() == 0) {
            return 0;
        }
        long least = unshared.isEmpty() ? Long.MAX_VALUE : unshared.patience(now, limits, reserve);
        for (int i = 0; i < groups.size() && least > 0; i++) {
            least = Math.min(least, groups.get(i).patience(now, limits, reserve));
        }
        return least;
    }

    /**
     * Starts the calls of the next batch.
     *
     * @param batch empty; gets them
     * @param reserve how long before a deadline a call must leave
     * @return whether there is a batch
     */
    boolean take(List<BatchItem> batch, long now, BatchLimits limits, long reserve) {
        BatchGroup group = next(now, limits, reserve);
        while (group != null) {
            // What goes is counted by what stays: expired calls go without being in the batch.
            long before = group.rows();
            int callsBefore = group.calls();
            group.takeTo(batch, limits.maxItems(), now);
            rows -= before - group.rows();
            calls -= callsBefore - group.calls();
            dropIfEmpty(group);
            if (!batch.isEmpty()) {
                return true;
            }
            group = next(now, limits, reserve);
        }
        return false;
    }

    /** Of the groups that may leave, that with the oldest call. */
    private @Nullable BatchGroup next(long now, BatchLimits limits, long reserve) {
        dropExpired(unshared, now);
        BatchGroup best = unshared.isEmpty() ? null : unshared;
        for (int i = groups.size() - 1; i >= 0; i--) {
            BatchGroup group = groups.get(i);
            dropExpired(group, now);
            if (group.isEmpty()) {
                dropIfEmpty(group);
                continue;
            }
            boolean isOlder =
                    best == null || group.oldest().queuedAt() - best.oldest().queuedAt() < 0;
            if (isOlder && group.patience(now, limits, reserve) == 0) {
                best = group;
            }
        }
        return best;
    }

    /** A call that nobody waits for any more shall not decide who is next. */
    private void dropExpired(BatchGroup group, long now) {
        while (!group.isEmpty() && group.oldest().isExpired(now)) {
            remove(group, group.oldest());
        }
    }

    /** Fails all that wait. */
    void failAll(MillraceException reason) {
        failAll(unshared, reason);
        for (BatchGroup group : groups) {
            failAll(group, reason);
        }
        groups.clear();
        calls = 0;
        rows = 0;
    }

    private static void failAll(BatchGroup group, MillraceException reason) {
        while (!group.isEmpty()) {
            BatchItem item = group.oldest();
            group.remove(item);
            if (item.tryStart()) {
                item.fail(reason);
            }
        }
    }
}
