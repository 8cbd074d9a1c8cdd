package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/** A member of a group in memory. Its state is guarded by the lock of the log. */
final class InMemoryConsumer implements LogConsumer {

    private final InMemoryStreamLog log;
    private final InMemoryGroup group;
    private final ConsumerSpec spec;
    private final ReentrantLock lock;
    private final TreeMap<LogPartition, Cursor> owned = new TreeMap<>();
    private final Map<LogPartition, Long> delayed = new TreeMap<>();
    private final Set<LogPartition> handedOver = new TreeSet<>();
    private Set<String> topics = new TreeSet<>();
    private int turn;
    private boolean joined;
    private boolean woken;
    private boolean crashed;
    private boolean closed;

    /** Where a partition is read next. */
    private static final class Cursor {
        private int position;
        private boolean searching;
    }

    InMemoryConsumer(InMemoryStreamLog log, InMemoryGroup group, ConsumerSpec spec) {
        this.log = log;
        this.group = group;
        this.spec = spec;
        this.lock = log.lock();
    }

    Set<String> topics() {
        return topics;
    }

    void crashed() {
        crashed = true;
        owned.clear();
        delayed.clear();
    }

    @Override
    public void subscribe(Set<String> wanted) {
        wanted.forEach(LogTopic::requireValid);
        lock.lock();
        try {
            requireUsable();
            topics = new TreeSet<>(wanted);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<LogRecord> poll(Duration timeout) {
        if (log.faults().failsPoll().getAsBoolean()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the log cannot be reached");
        }
        long deadline = log.time().nanoTime() + timeout.toNanos();
        lock.lock();
        try {
            while (true) {
                requireUsable();
                adoptAssignment();
                List<LogRecord> records = take();
                if (!records.isEmpty() || woken || !mayWait(deadline)) {
                    woken = false;
                    return records;
                }
                await(deadline);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean mayWait(long deadline) {
        return log.time().equals(TimeSource.system()) && deadline - log.time().nanoTime() > 0;
    }

    @SuppressWarnings("WaitNotInLoop") // the caller's loop looks again
    private void await(long deadline) {
        try {
            var _ = log.changed().awaitNanos(deadline - log.time().nanoTime());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while reading", e);
        }
    }

    /** Gives up what is another's turn now, takes what is this member's and free. */
    private void adoptAssignment() {
        if (!joined) {
            joined = true;
            group.join(spec.member(), this);
        }
        Set<LogPartition> target = group.targetOf(this, log::partitionsOf);
        for (LogPartition partition : List.copyOf(owned.keySet())) {
            if (!target.contains(partition)) {
                flushDelayed();
                owned.remove(partition);
                handedOver.add(partition);
                group.disown(partition, this);
                log.changed().signalAll();
            }
        }
        for (LogPartition partition : target) {
            if (!owned.containsKey(partition) && group.tryOwn(partition, this)) {
                owned.put(partition, startOf(partition));
            }
        }
    }

    private Cursor startOf(LogPartition partition) {
        var cursor = new Cursor();
        Long committed = group.committed().get(partition);
        if (committed != null) {
            cursor.position = Math.toIntExact(committed);
        } else {
            cursor.searching = true;
        }
        return cursor;
    }

    /** Partitions in turn, so that a full one does not starve the others. */
    private List<LogRecord> take() {
        var records = new ArrayList<LogRecord>();
        var partitions = new ArrayList<>(owned.entrySet());
        for (int i = 0; i < partitions.size() && records.size() < spec.maxRecords(); i++) {
            var next = partitions.get((turn + i) % partitions.size());
            take(next.getKey(), next.getValue(), records);
        }
        turn = partitions.isEmpty() || records.isEmpty() ? turn : (turn + 1) % partitions.size();
        return records;
    }

    private void take(LogPartition place, Cursor cursor, List<LogRecord> into) {
        List<LogRecord> from = log.recordsOf(place);
        long end = log.stableEnd(place);
        while (cursor.position < end && into.size() < spec.maxRecords()) {
            LogRecord record = from.get(cursor.position++);
            if (!log.isVisible(place, record.offset())) {
                continue;
            }
            cursor.searching = cursor.searching && record.timestampMillis() < spec.startMillis();
            if (!cursor.searching) {
                into.add(record);
            }
        }
    }

    @Override
    public void commit(Map<LogPartition, Long> next) {
        boolean isDelayed = log.faults().delaysCommit().getAsBoolean();
        lock.lock();
        try {
            requireUsable();
            next.forEach((partition, offset) -> {
                if (owned.containsKey(partition)) {
                    delayed.put(partition, offset);
                }
            });
            if (!isDelayed) {
                flushDelayed();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean isOf(InMemoryStreamLog other) {
        return log == other;
    }

    /**
     * Commits as part of a transaction; the lock is the caller's.
     *
     * @throws MillraceException {@code CONFLICT} when a partition is another's now
     */
    void commitInTransaction(Map<LogPartition, Long> next) {
        requireUsable();
        for (LogPartition partition : next.keySet()) {
            if (!owned.containsKey(partition)) {
                throw new MillraceException(
                        ErrorCode.CONFLICT, partition + " was handed over to another member");
            }
        }
        group.committed().putAll(next);
    }

    private void flushDelayed() {
        group.committed().putAll(delayed);
        delayed.clear();
    }

    @Override
    public Set<LogPartition> handedOver() {
        lock.lock();
        try {
            Set<LogPartition> places = Set.copyOf(handedOver);
            handedOver.clear();
            return places;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long lag() {
        lock.lock();
        try {
            requireUsable();
            long lag = 0;
            for (var entry : owned.entrySet()) {
                lag += Math.max(0, log.stableEnd(entry.getKey()) - entry.getValue().position);
            }
            return lag;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                if (group.isMember(spec.member(), this)) {
                    flushDelayed();
                }
                group.leave(spec.member(), this);
                owned.clear();
                log.changed().signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void wakeup() {
        lock.lock();
        try {
            woken = true;
            log.changed().signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void requireUsable() {
        String member = "member \"%s\" of group \"%s\" ".formatted(spec.member(), spec.group());
        if (closed) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, member + "is closed");
        }
        if (crashed || (joined && !group.isMember(spec.member(), this))) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    member + "is out: another member of the same name has taken over");
        }
    }
}
