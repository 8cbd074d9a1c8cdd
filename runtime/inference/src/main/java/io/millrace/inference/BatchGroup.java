package io.millrace.inference;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Calls that wait and may share an engine call, oldest first; or calls that may not share at all.
 */
final class BatchGroup {

    /** How far a batch looks for calls that still find room in it. */
    private static final int MAX_SCAN = 512;

    private final Deque<BatchItem> items = new ArrayDeque<>();
    private final boolean isShared;
    private long rows;

    /** The first deadline of all; a caller that leaves may take it along. */
    private long firstDeadline;

    private boolean isDeadlineKnown;

    /**
     * Makes an empty one.
     *
     * @param isShared whether its calls may share
     */
    BatchGroup(boolean isShared) {
        this.isShared = isShared;
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    int calls() {
        return items.size();
    }

    long rows() {
        return rows;
    }

    BatchItem oldest() {
        return items.getFirst();
    }

    void add(BatchItem item) {
        if (isDeadlineKnown && item.deadline() - firstDeadline < 0) {
            firstDeadline = item.deadline();
        }
        items.addLast(item);
        rows += item.rows();
        item.waitIn(this);
    }

    void remove(BatchItem item) {
        if (items.remove(item)) {
            gone(item);
        }
    }

    private void gone(BatchItem item) {
        rows -= item.rows();
        item.waitIn(null);
        isDeadlineKnown &= item.deadline() != firstDeadline;
    }

    /**
     * How long its oldest calls may still wait for others.
     *
     * @param reserve how long before a deadline a call must leave
     * @return 0 when they shall leave now
     */
    long patience(long now, BatchLimits limits, long reserve) {
        if (!isShared || limits.maxDelayNanos() == 0 || rows >= limits.maxItems()) {
            return 0;
        }
        long byDelay = oldest().queuedAt() + limits.maxDelayNanos() - now;
        long byDeadline = firstDeadline() - now - reserve;
        return Math.max(0, Math.min(byDelay, byDeadline));
    }

    private long firstDeadline() {
        if (!isDeadlineKnown) {
            firstDeadline = oldest().deadline();
            for (BatchItem item : items) {
                if (item.deadline() - firstDeadline < 0) {
                    firstDeadline = item.deadline();
                }
            }
            isDeadlineKnown = true;
        }
        return firstDeadline;
    }

    /**
     * Starts the oldest call and those that fit in with it. Expired ones go without being started:
     * their callers see to themselves.
     */
    void takeTo(List<BatchItem> batch, int maxRows, long now) {
        long taken = 0;
        int scanned = 0;
        Iterator<BatchItem> waiting = items.iterator();
        while (waiting.hasNext() && taken < maxRows && scanned++ < MAX_SCAN) {
            BatchItem item = waiting.next();
            boolean isExpired = item.isExpired(now);
            if (isExpired || taken == 0 || (isShared && taken + item.rows() <= maxRows)) {
                waiting.remove();
                gone(item);
                if (!isExpired && item.tryStart()) {
                    batch.add(item);
                    taken += item.rows();
                }
            } else if (!isShared) {
                return;
            }
        }
    }
}
