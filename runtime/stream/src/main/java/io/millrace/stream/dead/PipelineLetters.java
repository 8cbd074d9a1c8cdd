package io.millrace.stream.dead;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.DeadLetter;
import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.DeadLetterBox.Counts;
import io.millrace.spi.DeadLetterBox.Page;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dead letters of one pipeline. What is known of them is what the log says; it is read on from
 * where it was read last whenever somebody asks.
 */
final class PipelineLetters {

    static final Duration PATIENCE = Duration.ofSeconds(20);
    static final Duration POLL = Duration.ofMillis(200);
    private static final Logger logger = LoggerFactory.getLogger(PipelineLetters.class);
    private static final int AT_ONCE = 500;
    private static final int PREVIEW_BYTES = 1_024;

    /** So that a call ends in time however few letters match. */
    private static final int MOST_LOOKED_AT = 50_000;

    /** Well within the shortest time that a log keeps records. */
    private static final long SUMMARY_EVERY_MILLIS = Duration.ofDays(1).toMillis();

    /**
     * Two numbers of at most 19 digits each and what stands between them: less than half of the 1
     * MiB that a topic takes unless it says otherwise.
     */
    private static final int RUNS_OF_A_SUMMARY = 10_000;

    private final StreamLog log;
    private final TimeSource time;
    private final LetterTopics topics;
    private final ReentrantLock lock = new ReentrantLock();

    // ---- guarded by the lock
    private final Ledger ledger = new Ledger();
    private final Map<Integer, OffsetBits> present = new TreeMap<>();
    private final Map<LogPartition, Long> ledgerRead = new HashMap<>();
    private final Map<LogPartition, Long> lettersRead = new HashMap<>();

    PipelineLetters(StreamLog log, TimeSource time, ResourceKey pipeline) {
        this.log = log;
        this.time = time;
        this.topics = LetterTopics.of(pipeline);
    }

    LetterTopics topics() {
        return topics;
    }

    /** Makes the topics that work on letters needs; they may be there. */
    void ensureTopics() {
        log.ensureTopics(List.of(topics.dead(), topics.settled(), topics.retries()));
    }

    // ---- the ledger

    /** Knows what the log said of letters once; what came later was written here. */
    void load() {
        boolean isLoaded;
        lock.lock();
        try {
            isLoaded = !ledgerRead.isEmpty();
        } finally {
            lock.unlock();
        }
        if (!isLoaded) {
            refresh();
        }
    }

    /** Reads what was written about letters since the last time. */
    void refresh() {
        try (LogReader reader = log.reader(AT_ONCE)) {
            refresh(reader);
        }
    }

    private void refresh(LogReader reader) {
        lock.lock();
        try {
            readOn(reader, topics.settled(), ledgerRead, this::take);
            for (var held : reader.ranges(List.of(topics.dead())).entrySet()) {
                ledger.forgetBefore(held.getKey().index(), held.getValue().from());
                OffsetBits bits = present.get(held.getKey().index());
                if (bits != null) {
                    bits.forgetBefore(held.getValue().from());
                }
            }
            summarize();
        } finally {
            lock.unlock();
        }
    }

    private void take(LogRecord record) {
        try {
            ledger.take(LedgerText.read(record));
        } catch (MillraceException e) {
            logger.warn("{}/{} is passed over: {}", record.partition(), record.offset(), e.text());
        }
    }

    /** The log forgets old entries, but a letter may stay as long as a younger one behind it. */
    private void summarize() {
        long now = time.epochMillis();
        if (ledger.needsSummary(now - SUMMARY_EVERY_MILLIS)) {
            for (LedgerEntry.Summary part : ledger.summaries(now, RUNS_OF_A_SUMMARY)) {
                write(part);
            }
        }
    }

    private interface Each {
        void take(LogRecord record);
    }

    private void readOn(LogReader reader, String topic, Map<LogPartition, Long> read, Each each) {
        var parts = new HashMap<LogPartition, OffsetRange>();
        reader.ranges(List.of(topic))
                .forEach((place, range) -> {
                    long from = Math.max(range.from(), read.getOrDefault(place, 0L));
                    parts.put(place, new OffsetRange(Math.min(from, range.to()), range.to()));
                });
        reader.seek(parts);
        readToTheEnd(reader, each);
        parts.forEach((place, range) -> read.merge(place, range.to(), Math::max));
    }

    private void readToTheEnd(LogReader reader, Each each) {
        long deadline = time.nanoTime() + PATIENCE.toNanos();
        while (!reader.isAtEnd()) {
            List<LogRecord> records = reader.poll(POLL);
            for (LogRecord record : records) {
                each.take(record);
            }
            if (!records.isEmpty()) {
                deadline = time.nanoTime() + PATIENCE.toNanos();
            } else if (time.nanoTime() - deadline > 0) {
                throw tooSlow();
            }
        }
    }

    private static MillraceException tooSlow() {
        return new MillraceException(
                ErrorCode.UNAVAILABLE, "the log gave no dead letters in time; try again");
    }

    /** Writes an entry that needs no other record with it, and takes it. */
    void write(LedgerEntry entry) {
        Delivery.append(log, LedgerText.write(topics.settled(), entry));
        taken(entry);
    }

    /** An entry is in the log. */
    void taken(LedgerEntry entry) {
        lock.lock();
        try {
            ledger.take(entry);
        } finally {
            lock.unlock();
        }
    }

    void looked(String job, Map<Integer, Long> next) {
        lock.lock();
        try {
            ledger.looked(job, next);
        } finally {
            lock.unlock();
        }
    }

    // ---- what people ask

    Page list(LetterFilter filter, Set<Fate> fates, LetterPosition from, int limit) {
        try (LogReader reader = log.reader(AT_ONCE)) {
            refresh(reader);
            var found = new ArrayList<DeadLetter>();
            int looked = 0;
            for (var part : parts(reader, filter, from).entrySet()) {
                reader.seek(Map.of(part.getKey(), part.getValue()));
                long deadline = time.nanoTime() + PATIENCE.toNanos();
                while (!reader.isAtEnd()) {
                    List<LogRecord> records = reader.poll(POLL);
                    if (!records.isEmpty()) {
                        deadline = time.nanoTime() + PATIENCE.toNanos();
                    } else if (time.nanoTime() - deadline > 0) {
                        throw tooSlow();
                    }
                    for (LogRecord record : records) {
                        looked++;
                        DeadLetter letter = read(record, PREVIEW_BYTES);
                        if ((fates.isEmpty() || fates.contains(letter.fate()))
                                && filter.matches(letter)) {
                            found.add(letter);
                        }
                        if (found.size() == limit || looked == MOST_LOOKED_AT) {
                            return new Page(found, Optional.of(behind(letter.place())));
                        }
                    }
                }
            }
            return new Page(found, Optional.empty());
        }
    }

    private static LetterPosition behind(LetterPosition place) {
        return new LetterPosition(place.partition(), place.offset() + 1);
    }

    /** Where letters that match may stand, in the order of positions. */
    private Map<LogPartition, OffsetRange> parts(
            LogReader reader, LetterFilter filter, LetterPosition from) {
        var parts = new TreeMap<LogPartition, OffsetRange>();
        within(reader, filter)
                .forEach((place, range) -> {
                    if (place.index() > from.partition()) {
                        parts.put(place, range);
                    } else if (place.index() == from.partition() && from.offset() < range.to()) {
                        long begin = Math.max(range.from(), from.offset());
                        parts.put(place, new OffsetRange(begin, range.to()));
                    }
                });
        return parts;
    }

    /** What of the log can hold letters that match: the rest need not be read. */
    private Map<LogPartition, OffsetRange> within(LogReader reader, LetterFilter filter) {
        var within = new HashMap<LogPartition, OffsetRange>();
        Map<LogPartition, Long> starts =
                filter.sinceMillis() > 0
                        ? reader.offsetsAt(List.of(topics.dead()), filter.sinceMillis())
                        : Map.of();
        reader.ranges(List.of(topics.dead()))
                .forEach((place, range) -> {
                    long from = Math.max(range.from(), starts.getOrDefault(place, 0L));
                    long to = range.to();
                    if (!filter.positions().isEmpty()) {
                        long first = Long.MAX_VALUE;
                        long last = -1;
                        for (LetterPosition position : filter.positions()) {
                            if (position.partition() == place.index()) {
                                first = Math.min(first, position.offset());
                                last = Math.max(last, position.offset());
                            }
                        }
                        from = Math.max(from, first);
                        to = Math.min(to, last + 1);
                    }
                    if (from < to) {
                        within.put(place, new OffsetRange(from, to));
                    }
                });
        return within;
    }

    private DeadLetter read(LogRecord record, int mostPayload) {
        lock.lock();
        try {
            return Letters.read(record, ledger.fate(Letters.place(record)), mostPayload);
        } finally {
            lock.unlock();
        }
    }

    Optional<DeadLetter> find(LetterPosition place) {
        try (LogReader reader = log.reader(1)) {
            refresh(reader);
            var partition = new LogPartition(topics.dead(), place.partition());
            OffsetRange held = reader.ranges(List.of(topics.dead())).get(partition);
            if (held == null || place.offset() < held.from() || place.offset() >= held.to()) {
                return Optional.empty();
            }
            reader.seek(Map.of(partition, new OffsetRange(place.offset(), place.offset() + 1)));
            var found = new ArrayList<LogRecord>();
            readToTheEnd(reader, found::add);
            return found.stream().findFirst().map(record -> read(record, Integer.MAX_VALUE));
        }
    }

    Counts counts() {
        try (LogReader reader = log.reader(AT_ONCE)) {
            refresh(reader);
            lock.lock();
            try {
                // Offsets have gaps, so letters are counted once, each when it is first seen.
                readOn(
                        reader,
                        topics.dead(),
                        lettersRead,
                        record ->
                                present.computeIfAbsent(
                                                record.partition().index(), _ -> new OffsetBits())
                                        .add(record.offset()));
                long all = present.values().stream().mapToLong(OffsetBits::size).sum();
                long redriven = ledger.redrivenCount();
                long dropped = ledger.droppedCount();
                return new Counts(Math.max(0, all - redriven - dropped), redriven, dropped);
            } finally {
                lock.unlock();
            }
        }
    }

    // ---- jobs

    LetterJob start(String id, LetterJob.Action action, LetterFilter filter) {
        ensureTopics();
        var bounds = new HashMap<Integer, OffsetRange>();
        try (LogReader reader = log.reader(AT_ONCE)) {
            refresh(reader);
            within(reader, filter).forEach((place, range) -> bounds.put(place.index(), range));
        }
        write(new LedgerEntry.Started(id, action, filter, bounds, time.epochMillis()));
        return job(id).orElseThrow(() -> MillraceException.internal("the job is lost", null));
    }

    List<LetterJob> jobs() {
        lock.lock();
        try {
            return ledger.jobs();
        } finally {
            lock.unlock();
        }
    }

    Optional<LetterJob> job(String id) {
        lock.lock();
        try {
            return ledger.job(id);
        } finally {
            lock.unlock();
        }
    }

    Optional<LetterJob> firstOpenJob() {
        lock.lock();
        try {
            return ledger.firstOpen();
        } finally {
            lock.unlock();
        }
    }

    /** What a job has to look at still, of what the log holds. */
    Map<LogPartition, OffsetRange> rest(String job) {
        Map<Integer, OffsetRange> rest;
        lock.lock();
        try {
            rest = ledger.rest(job);
        } finally {
            lock.unlock();
        }
        var parts = new HashMap<LogPartition, OffsetRange>();
        rest.forEach((index, range) -> parts.put(new LogPartition(topics.dead(), index), range));
        return parts;
    }

    /** The letter, when it is open and the filter takes it; else empty. */
    boolean isWanted(LogRecord record, LetterFilter filter) {
        DeadLetter letter = read(record, 0);
        return letter.fate() == Fate.OPEN && filter.matches(letter);
    }
}
