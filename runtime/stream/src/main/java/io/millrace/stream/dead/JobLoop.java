package io.millrace.stream.dead;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ResourceKey;
import io.millrace.api.TimeSource;
import io.millrace.spi.Header;
import io.millrace.spi.HeaderNames;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.LogPartition;
import io.millrace.spi.LogReader;
import io.millrace.spi.LogRecord;
import io.millrace.spi.OffsetRange;
import io.millrace.spi.OutgoingRecord;
import io.millrace.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the jobs of one pipeline in turn, on one thread while there are any.
 *
 * <p>A batch of letters is settled by one entry: it names the letters and where the job goes on, so
 * whatever ends the work between two entries, it goes on behind the last one that the log has.
 */
final class JobLoop {

    private static final Logger logger = LoggerFactory.getLogger(JobLoop.class);

    /** What a poll gives is what a transaction holds: some tens of milliseconds of work. */
    private static final int BATCH = 1_000;

    private static final Duration PIECE = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final StreamLog log;
    private final TimeSource time;
    private final ResourceKey pipeline;
    private final PipelineLetters letters;
    private final DeadLetterDesk.Settled settled;
    private final Set<String> cancelled = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosing;

    // ---- guarded by this
    private @Nullable Thread thread;
    private boolean hasMore;

    JobLoop(
            StreamLog log,
            TimeSource time,
            ResourceKey pipeline,
            PipelineLetters letters,
            DeadLetterDesk.Settled settled) {
        this.settled = settled;
        this.log = log;
        this.time = time;
        this.pipeline = pipeline;
        this.letters = letters;
    }

    /** There may be something to do. */
    synchronized void wake() {
        hasMore = true;
        if (thread == null && !isClosing) {
            thread = Thread.ofVirtual().name("dead letters of " + pipeline).start(this::run);
        }
    }

    void cancel(String job) {
        cancelled.add(job);
        wake();
    }

    /** The pipeline is gone: its jobs are not to go on with another one of its name. */
    void cancelAll() {
        for (LetterJob job : letters.jobs()) {
            if (!job.hasEnded()) {
                cancel(job.id());
            }
        }
    }

    /** Asks the thread to end after its batch. */
    void close() {
        isClosing = true;
    }

    void awaitEnd(Duration patience) throws InterruptedException {
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running != null && !running.join(patience)) {
            logger.warn("a job on the dead letters of {} does not end in time", pipeline);
        }
    }

    private void run() {
        Duration wait = PIECE;
        while (mayGoOn()) {
            try {
                letters.refresh();
                if (letters.firstOpenJob().isPresent()) {
                    workOnAll();
                    wait = PIECE;
                }
            } catch (MillraceException e) {
                tryLater(e, wait);
                wait = longer(wait);
            } catch (RuntimeException | Error e) {
                // The supervisor of this thread: jobs must not stay where they are for ever.
                logger.error("the work on the dead letters of {} stumbled", pipeline, e);
                tryLater(MillraceException.internal(e.toString(), e), wait);
                wait = longer(wait);
            }
        }
    }

    private static Duration longer(Duration wait) {
        Duration twice = wait.multipliedBy(2);
        return twice.compareTo(LONGEST_WAIT) < 0 ? twice : LONGEST_WAIT;
    }

    private void workOnAll() {
        letters.ensureTopics();
        try (Delivery delivery = Delivery.open(log, nameOf(pipeline))) {
            // Once more: opening it has ended what an earlier process had left open.
            letters.refresh();
            Optional<LetterJob> job = letters.firstOpenJob();
            while (job.isPresent() && !isClosing) {
                work(job.get(), delivery);
                job = letters.firstOpenJob();
            }
        }
    }

    private static String nameOf(ResourceKey pipeline) {
        return "millrace.dead." + LetterTopics.of(pipeline).settled();
    }

    private synchronized boolean mayGoOn() {
        if (isClosing || !hasMore) {
            thread = null;
            return false;
        }
        hasMore = false;
        return true;
    }

    private void tryLater(MillraceException e, Duration wait) {
        if (e.code() == ErrorCode.CONFLICT) {
            logger.info("another process works on the dead letters of {}: {}", pipeline, e.text());
            return;
        }
        synchronized (this) {
            hasMore = true;
        }
        if (isClosing) {
            return;
        }
        logger.warn(
                "the work on the dead letters of {} goes on in {} ms: {}",
                pipeline,
                wait.toMillis(),
                e.text());
        for (Duration left = wait; !left.isNegative() && !isClosing; left = left.minus(PIECE)) {
            time.pause(PIECE);
        }
    }

    private void work(LetterJob job, Delivery delivery) {
        try (LogReader reader = log.reader(BATCH)) {
            reader.seek(letters.rest(job.id()));
            long settled = job.settled();
            long deadline = time.nanoTime() + PipelineLetters.PATIENCE.toNanos();
            while (!reader.isAtEnd()) {
                if (isClosing) {
                    return;
                }
                if (cancelled.contains(job.id())) {
                    end(job, LetterJob.State.CANCELLED, "");
                    cancelled.remove(job.id());
                    return;
                }
                List<LogRecord> records = reader.poll(PipelineLetters.POLL);
                if (!records.isEmpty()) {
                    settled += settle(job, records, settled, delivery);
                    deadline = time.nanoTime() + PipelineLetters.PATIENCE.toNanos();
                } else if (!reader.isAtEnd() && time.nanoTime() - deadline > 0) {
                    throw new MillraceException(
                            ErrorCode.UNAVAILABLE, "the log gives no dead letters");
                }
            }
            end(job, LetterJob.State.DONE, "");
        } catch (MillraceException e) {
            if (isPassing(e.code())) {
                throw e;
            }
            logger.error("job {} on the dead letters of {} failed", job.id(), pipeline, e);
            end(job, LetterJob.State.FAILED, e.text());
        }
    }

    /** Whether it says nothing about the letters; a conflict means that another one does it. */
    private static boolean isPassing(ErrorCode code) {
        return switch (code) {
            case UNAVAILABLE, OVERLOADED, TIMEOUT, CONFLICT, INTERNAL -> true;
            case INVALID, NOT_FOUND, DENIED, TOO_LARGE, UNSUPPORTED, USER_CODE -> false;
        };
    }

    private void end(LetterJob job, LetterJob.State state, String message) {
        letters.write(new LedgerEntry.Ended(job.id(), state, message, time.epochMillis()));
    }

    /** Settles those of some letters that are wanted; returns how many they were. */
    private long settle(
            LetterJob job, List<LogRecord> records, long settledBefore, Delivery delivery) {
        long now = time.epochMillis();
        var retries = new ArrayList<OutgoingRecord>();
        var places = new HashMap<Integer, OffsetBits>();
        var next = new HashMap<Integer, Long>();
        long count = 0;
        for (LogRecord record : records) {
            next.put(record.partition().index(), record.offset() + 1);
            if (letters.isWanted(record, job.filter())) {
                count++;
                places.computeIfAbsent(record.partition().index(), _ -> new OffsetBits())
                        .add(record.offset());
                if (job.action() == LetterJob.Action.REDRIVE) {
                    retries.add(
                            Letters.retry(
                                    record, payload(record), letters.topics().retries(), now));
                }
            }
        }
        if (count == 0) {
            letters.looked(job.id(), next);
            return 0;
        }
        var runs = new HashMap<Integer, List<OffsetRange>>();
        places.forEach((partition, bits) -> runs.put(partition, bits.runs()));
        var entry =
                new LedgerEntry.Settled(
                        job.id(), job.action(), runs, next, settledBefore + count, now);
        delivery.write(retries, LedgerText.write(letters.topics().settled(), entry));
        letters.taken(entry);
        settled.add(pipeline, job.action(), count);
        return count;
    }

    /** That of the letter; when it did not fit there, what stands where it was read. */
    private byte[] payload(LogRecord letter) {
        if (!Letters.lacksPayload(letter)) {
            return letter.value();
        }
        String readAt = Header.find(letter.headers(), HeaderNames.DEAD_POSITION);
        int slash = readAt == null ? -1 : readAt.indexOf('/');
        if (readAt == null || slash < 0) {
            throw lost(letter, "nowhere");
        }
        LetterPosition place = LetterPosition.parse(readAt.substring(slash + 1));
        var partition = new LogPartition(readAt.substring(0, slash), place.partition());
        try (LogReader reader = log.reader(1)) {
            OffsetRange held = reader.ranges(List.of(partition.topic())).get(partition);
            if (held == null || place.offset() < held.from() || place.offset() >= held.to()) {
                throw lost(letter, readAt);
            }
            reader.seek(Map.of(partition, new OffsetRange(place.offset(), place.offset() + 1)));
            long deadline = time.nanoTime() + PipelineLetters.PATIENCE.toNanos();
            while (!reader.isAtEnd() && time.nanoTime() - deadline < 0) {
                List<LogRecord> found = reader.poll(PipelineLetters.POLL);
                if (!found.isEmpty()) {
                    return found.getFirst().value();
                }
            }
        }
        throw lost(letter, readAt);
    }

    private static MillraceException lost(LogRecord letter, String readAt) {
        return MillraceException.notFound(
                "the payload of the dead letter %s was too large to be kept with it, and %s does"
                                .formatted(Letters.place(letter), readAt)
                        + " not hold it any more; drop this letter");
    }
}
