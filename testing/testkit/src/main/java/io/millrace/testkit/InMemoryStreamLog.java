package io.millrace.testkit;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.TimeSource;
import io.millrace.spi.AppendListener;
import io.millrace.spi.ConsumerSpec;
import io.millrace.spi.Header;
import io.millrace.spi.LogConsumer;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.LogTopic;
import io.millrace.spi.LogTransactor;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The twin of the Kafka log for tests and seeded simulation: deterministic, no thread of its own.
 *
 * <p>An immediate log makes a record durable and calls its listener inside {@link #append}. A
 * stepped one keeps it under way until {@link #step()}: so a simulation decides when, and in which
 * order between partitions, appends end. Within a partition they end in order, as with Kafka.
 *
 * <p>A poll that finds nothing waits only when the clock is the machine's; in simulated time it
 * returns at once and leaves the clock alone.
 */
public final class InMemoryStreamLog implements StreamLog {

    public static final int DEFAULT_PARTITIONS = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final TimeSource time;
    private final int partitions;
    private final boolean stepped;
    private volatile LogFaults faults = LogFaults.none();
    private final Map<String, List<List<LogRecord>>> topics = new TreeMap<>();
    private final Map<String, InMemoryGroup> groups = new HashMap<>();
    private final Map<LogPartition, Deque<Append>> underWay = new TreeMap<>();
    private long appends;
    private boolean closed;

    private final InMemoryTransactions transactions = new InMemoryTransactions();
    private volatile TransactionFaults transactionFaults = TransactionFaults.none();
    private volatile long mostBytes = Long.MAX_VALUE;

    private record Append(
            long number,
            LogPartition place,
            OutgoingRecord record,
            AppendListener listener,
            InMemoryTransactions.@Nullable Transaction transaction) {}

    private InMemoryStreamLog(TimeSource time, int partitions, boolean stepped) {
        this.time = time;
        this.partitions = partitions;
        this.stepped = stepped;
    }

    /** Calls listeners inside {@code append}. */
    public static InMemoryStreamLog immediate(TimeSource time, int partitions) {
        return new InMemoryStreamLog(time, partitions, false);
    }

    /** Calls listeners inside {@code step}. */
    public static InMemoryStreamLog stepped(TimeSource time, int partitions) {
        return new InMemoryStreamLog(time, partitions, true);
    }

    /** What goes wrong from now on. */
    public InMemoryStreamLog withFaults(LogFaults next) {
        faults = next;
        return this;
    }

    /** What goes wrong with transactions from now on. */
    public InMemoryStreamLog withTransactionFaults(TransactionFaults next) {
        transactionFaults = next;
        return this;
    }

    /** Records that take more, headers included, are too large from now on. */
    public InMemoryStreamLog withMostBytes(long bytes) {
        mostBytes = bytes;
        return this;
    }

    @Override
    public void ensureTopics(Collection<String> names) {
        names.forEach(LogTopic::requireValid);
        locked(() -> {
            requireOpen();
            for (String name : names) {
                topics.computeIfAbsent(name, _ -> emptyTopic());
            }
        });
    }

    private List<List<LogRecord>> emptyTopic() {
        var topic = new ArrayList<List<LogRecord>>();
        for (int i = 0; i < partitions; i++) {
            topic.add(new ArrayList<>());
        }
        return topic;
    }

    @Override
    public void append(OutgoingRecord record, AppendListener listener) {
        append(record, listener, null);
    }

    void append(
            OutgoingRecord record,
            AppendListener listener,
            InMemoryTransactions.@Nullable Transaction transaction) {
        Append append;
        lock.lock();
        try {
            requireOpen();
            long number = appends++;
            append = new Append(number, placeOf(record, number), record, listener, transaction);
            if (stepped) {
                underWay.computeIfAbsent(append.place(), _ -> new ArrayDeque<>()).add(append);
                return;
            }
        } finally {
            lock.unlock();
        }
        finish(append);
    }

    private LogPartition placeOf(OutgoingRecord record, long number) {
        byte[] key = record.key();
        long hash = key == null ? number : Arrays.hashCode(key);
        return new LogPartition(record.topic(), (int) Math.floorMod(hash, (long) partitions));
    }

    private void finish(Append append) {
        OutgoingRecord record = append.record();
        MillraceException failure = null;
        if (faults.losesAppend().test(record)) {
            failure = unavailable("the append was lost");
        } else if (mostBytes < Long.MAX_VALUE && bytesOf(record) > mostBytes) {
            failure = new MillraceException(ErrorCode.TOO_LARGE, "the record is too large");
        } else if (!store(append)) {
            failure = MillraceException.notFound("no topic \"" + record.topic() + "\" in the log");
        } else if (faults.losesAcknowledgement().test(record)) {
            failure = unavailable("the acknowledgement was lost");
        }
        append.listener().appended(failure);
    }

    private static long bytesOf(OutgoingRecord record) {
        long bytes = record.value().length;
        for (Header header : record.headers()) {
            bytes += header.value().length;
        }
        return bytes;
    }

    private boolean store(Append append) {
        lock.lock();
        try {
            List<List<LogRecord>> topic = topics.get(append.place().topic());
            if (topic == null) {
                return false;
            }
            List<LogRecord> partition = topic.get(append.place().index());
            OutgoingRecord record = append.record();
            InMemoryTransactions.Transaction transaction = append.transaction();
            if (transaction != null) {
                transactions.hide(append.place(), partition.size(), transaction);
            }
            partition.add(
                    new LogRecord(
                            append.place(),
                            partition.size(),
                            record.key(),
                            record.value(),
                            List.copyOf(record.headers()),
                            record.timestampMillis()));
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** How many appends are under way. */
    public int underWay() {
        lock.lock();
        try {
            return underWay.values().stream().mapToInt(Deque::size).sum();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the oldest append under way; false when there is none. */
    public boolean step() {
        return step(null);
    }

    /** Ends the oldest append of a random partition; false when there is none. */
    public boolean step(@Nullable RandomGenerator random) {
        Append next = takeUnderWay(random);
        if (next == null) {
            return false;
        }
        finish(next);
        return true;
    }

    private @Nullable Append takeUnderWay(@Nullable RandomGenerator random) {
        lock.lock();
        try {
            Deque<Append> chosen = null;
            if (random == null) {
                for (Deque<Append> candidate : underWay.values()) {
                    if (chosen == null
                            || candidate.element().number() < chosen.element().number()) {
                        chosen = candidate;
                    }
                }
            } else if (!underWay.isEmpty()) {
                chosen = List.copyOf(underWay.values()).get(random.nextInt(underWay.size()));
            }
            if (chosen == null) {
                return null;
            }
            return take(chosen.element().place(), chosen);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The process that uses the log dies: appends under way end without a word to their listeners,
     * each of them durable or not as the survivor test says; members lose their partitions and
     * delayed commits, and calls on them fail. The log itself stays open for the next process.
     */
    public void crash(java.util.function.Predicate<OutgoingRecord> survives) {
        for (Append next = takeUnderWay(null); next != null; next = takeUnderWay(null)) {
            if (survives.test(next.record())) {
                store(next);
            }
        }
        locked(() -> {
            groups.values().forEach(InMemoryGroup::crash);
            transactions.owners().forEach(InMemoryTransactor::crashed);
        });
    }

    /** The time of all open transactions is up: the log aborts them. */
    public void expireTransactions() {
        locked(() -> transactions.owners().forEach(InMemoryTransactor::expire));
    }

    /**
     * All records of a topic, by partition, then offset; without those of transactions that were
     * not committed.
     */
    public List<LogRecord> records(String topic) {
        lock.lock();
        try {
            return topics.getOrDefault(topic, List.of()).stream()
                    .flatMap(List::stream)
                    .filter(record -> transactions.isVisible(record.partition(), record.offset()))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /** The durable commits of a group: for each partition the next offset. */
    public Map<LogPartition, Long> committed(String group) {
        lock.lock();
        try {
            InMemoryGroup found = groups.get(group);
            return found == null ? Map.of() : Map.copyOf(found.committed());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public LogConsumer consumer(ConsumerSpec spec) {
        if (spec.group().isEmpty() || spec.maxRecords() < 1) {
            throw MillraceException.invalid("a consumer needs a group and takes >= 1 records");
        }
        LogTopic.requireValid(spec.member());
        lock.lock();
        try {
            requireOpen();
            InMemoryGroup group = groups.computeIfAbsent(spec.group(), _ -> new InMemoryGroup());
            return new InMemoryConsumer(this, group, spec);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public LogTransactor transactor(String name) {
        if (name.isEmpty()) {
            throw MillraceException.invalid("a transactor needs a name");
        }
        lock.lock();
        try {
            requireOpen();
            var next = new InMemoryTransactor(this, transactions, name);
            InMemoryTransactor before = transactions.takeOver(name, next);
            if (before != null) {
                before.abortOpen();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public LogReader reader(int maxRecords) {
        if (maxRecords < 1) {
            throw MillraceException.invalid("a reader takes >= 1 records");
        }
        locked(this::requireOpen);
        return new InMemoryReader(this, maxRecords);
    }

    @Override
    public void keepPlace(String name, String topic) {
        locked(() -> {
            requireOpen();
            if (partitionsOf(topic) == 0) {
                throw MillraceException.notFound("no topic \"" + topic + "\" in the log");
            }
            InMemoryGroup group = groups.computeIfAbsent(name, _ -> new InMemoryGroup());
            if (group.hasMembers()) {
                return;
            }
            for (int i = 0; i < partitionsOf(topic); i++) {
                var place = new LogPartition(topic, i);
                group.committed().putIfAbsent(place, stableEnd(place));
            }
        });
    }

    @Override
    public void removeGroup(String name) {
        locked(() -> {
            requireOpen();
            InMemoryGroup group = groups.get(name);
            if (group != null && group.hasMembers()) {
                throw new MillraceException(
                        ErrorCode.CONFLICT, "the group \"" + name + "\" has members");
            }
            groups.remove(name);
        });
    }

    /** Ends all appends under way. */
    @Override
    public void close() {
        locked(() -> closed = true);
        boolean more = true;
        while (more) {
            more = step();
        }
    }

    void requireOpen() {
        if (closed) {
            throw unavailable("the log is closed");
        }
    }

    private static MillraceException unavailable(String why) {
        return new MillraceException(ErrorCode.UNAVAILABLE, why);
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    // ---- for its transactors

    TransactionFaults transactionFaults() {
        return transactionFaults;
    }

    /** Ends the appends of a transaction, and with them those before them in their partitions. */
    void flush(InMemoryTransactions.Transaction transaction) {
        for (Append next = takeOf(transaction); next != null; next = takeOf(transaction)) {
            finish(next);
        }
    }

    private @Nullable Append takeOf(InMemoryTransactions.Transaction transaction) {
        lock.lock();
        try {
            for (var entry : underWay.entrySet()) {
                Deque<Append> waiting = entry.getValue();
                if (waiting.stream().anyMatch(append -> append.transaction() == transaction)) {
                    return take(entry.getKey(), waiting);
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private Append take(LogPartition place, Deque<Append> waiting) {
        Append next = waiting.remove();
        if (waiting.isEmpty()) {
            underWay.remove(place);
        }
        return next;
    }

    /** Takes the appends of a transaction back that are under way; their listeners hear of it. */
    void drop(InMemoryTransactions.Transaction transaction) {
        var dropped = new ArrayList<Append>();
        locked(() -> {
            for (Deque<Append> waiting : underWay.values()) {
                waiting.removeIf(
                        append -> append.transaction() == transaction && dropped.add(append));
            }
            underWay.values().removeIf(Deque::isEmpty);
        });
        for (Append append : dropped) {
            append.listener().appended(unavailable("the transaction was aborted"));
        }
    }

    // ---- for its consumers

    boolean isVisible(LogPartition place, long offset) {
        return transactions.isVisible(place, offset);
    }

    /** What readers of a partition see: up to what is not decided, without what was aborted. */
    List<LogRecord> committedOf(LogPartition place) {
        return transactions.visible(place, recordsOf(place));
    }

    /** Where readers wait: the end of a partition, or its first record that is not decided. */
    long stableEnd(LogPartition place) {
        return transactions.stableEnd(place, recordsOf(place).size());
    }

    ReentrantLock lock() {
        return lock;
    }

    Condition changed() {
        return changed;
    }

    TimeSource time() {
        return time;
    }

    LogFaults faults() {
        return faults;
    }

    int partitionsOf(String topic) {
        List<List<LogRecord>> found = topics.get(topic);
        return found == null ? 0 : found.size();
    }

    List<LogRecord> recordsOf(LogPartition place) {
        return topics.getOrDefault(place.topic(), List.of()).get(place.index());
    }
}
