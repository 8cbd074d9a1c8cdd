package io.millrace.stream.dead;

import io.millrace.spi.DeadLetter.Fate;
import io.millrace.spi.LetterFilter;
import io.millrace.spi.LetterJob;
import io.millrace.spi.LetterPosition;
import io.millrace.spi.OffsetRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the entries of a pipeline come to: which letters are settled, which jobs there are. Taking
 * an entry twice changes nothing, so what was just written may be read back later. Not for several
 * threads.
 */
final class Ledger {

    private static final int MOST_JOBS = 100;

    private final Map<Integer, OffsetBits> redriven = new TreeMap<>();
    private final Map<Integer, OffsetBits> dropped = new TreeMap<>();
    private final Map<String, Progress> jobs = new LinkedHashMap<>();
    private long oldestMillis = Long.MAX_VALUE;
    private long summaryMillis = Long.MIN_VALUE;

    /** A job and where it goes on. */
    private static final class Progress {
        private final LedgerEntry.Started started;
        private final Map<Integer, Long> next = new HashMap<>();
        private long settled;
        private long changedMillis;
        private LedgerEntry.@Nullable Ended ended;

        Progress(LedgerEntry.Started started) {
            this.started = started;
            this.changedMillis = started.atMillis();
            started.bounds().forEach((partition, range) -> next.put(partition, range.from()));
        }

        LetterJob job() {
            long total = 0;
            long looked = 0;
            for (var bound : started.bounds().entrySet()) {
                OffsetRange range = bound.getValue();
                total += range.length();
                looked += next.getOrDefault(bound.getKey(), range.from()) - range.from();
            }
            boolean isDone = ended != null && ended.state() == LetterJob.State.DONE;
            return new LetterJob(
                    started.job(),
                    started.action(),
                    started.filter(),
                    ended == null ? LetterJob.State.RUNNING : ended.state(),
                    ended == null ? "" : ended.message(),
                    isDone ? total : looked,
                    total,
                    settled,
                    started.atMillis(),
                    changedMillis);
        }
    }

    void take(LedgerEntry entry) {
        switch (entry) {
            case LedgerEntry.Started started -> {
                jobs.putIfAbsent(started.job(), new Progress(started));
                forgetOldJobs();
            }
            case LedgerEntry.Settled settled -> {
                mark(settled.action(), settled.letters());
                oldestMillis = Math.min(oldestMillis, settled.atMillis());
                Progress job = jobs.get(settled.job());
                if (job != null) {
                    settled.next()
                            .forEach((partition, next) ->
                                    job.next.merge(partition, next, Math::max));
                    job.settled = Math.max(job.settled, settled.settled());
                    job.changedMillis = Math.max(job.changedMillis, settled.atMillis());
                }
            }
            case LedgerEntry.Ended ended -> {
                Progress job = jobs.get(ended.job());
                if (job != null && job.ended == null) {
                    job.ended = ended;
                    job.changedMillis = Math.max(job.changedMillis, ended.atMillis());
                }
            }
            case LedgerEntry.Summary summary -> {
                mark(LetterJob.Action.REDRIVE, summary.redriven());
                mark(LetterJob.Action.DROP, summary.dropped());
                oldestMillis = Math.min(oldestMillis, summary.atMillis());
                if (!summary.hasMore()) {
                    summaryMillis = Math.max(summaryMillis, summary.atMillis());
                }
            }
        }
    }

    /** What a running job has looked at without finding any letter to settle. */
    void looked(String id, Map<Integer, Long> next) {
        Progress job = jobs.get(id);
        if (job != null) {
            next.forEach((partition, offset) -> job.next.merge(partition, offset, Math::max));
        }
    }

    private void mark(LetterJob.Action action, Map<Integer, List<OffsetRange>> letters) {
        Map<Integer, OffsetBits> into =
                switch (action) {
                    case REDRIVE -> redriven;
                    case DROP -> dropped;
                };
        letters.forEach((partition, ranges) -> {
            OffsetBits bits = into.computeIfAbsent(partition, _ -> new OffsetBits());
            for (OffsetRange range : ranges) {
                for (long offset = range.from(); offset < range.to(); offset++) {
                    bits.add(offset);
                }
            }
        });
    }

    private void forgetOldJobs() {
        Iterator<Progress> oldest = jobs.values().iterator();
        int surplus = jobs.size() - MOST_JOBS;
        while (surplus > 0 && oldest.hasNext()) {
            if (oldest.next().ended != null) {
                oldest.remove();
                surplus--;
            }
        }
    }

    Fate fate(LetterPosition place) {
        return fate(place.partition(), place.offset());
    }

    Fate fate(int partition, long offset) {
        if (has(redriven, partition, offset)) {
            return Fate.REDRIVEN;
        }
        return has(dropped, partition, offset) ? Fate.DROPPED : Fate.OPEN;
    }

    private static boolean has(Map<Integer, OffsetBits> in, int partition, long offset) {
        OffsetBits bits = in.get(partition);
        return bits != null && bits.has(offset);
    }

    /** Forgets letters that the log does not hold any more. */
    void forgetBefore(int partition, long offset) {
        for (var each : List.of(redriven, dropped)) {
            OffsetBits bits = each.get(partition);
            if (bits != null) {
                bits.forgetBefore(offset);
            }
        }
    }

    long redrivenCount() {
        return redriven.values().stream().mapToLong(OffsetBits::size).sum();
    }

    long droppedCount() {
        return dropped.values().stream().mapToLong(OffsetBits::size).sum();
    }

    List<LetterJob> jobs() {
        var all = new ArrayList<LetterJob>();
        jobs.values().forEach(each -> all.add(each.job()));
        return all;
    }

    Optional<LetterJob> job(String id) {
        return Optional.ofNullable(jobs.get(id)).map(Progress::job);
    }

    /** The job to go on with; empty when all have ended. */
    Optional<LetterJob> firstOpen() {
        return jobs.values().stream()
                .filter(each -> each.ended == null)
                .findFirst()
                .map(Progress::job);
    }

    /** What a job has to look at still. */
    Map<Integer, OffsetRange> rest(String id) {
        Progress job = jobs.get(id);
        if (job == null) {
            return Map.of();
        }
        var rest = new HashMap<Integer, OffsetRange>();
        job.started
                .bounds()
                .forEach((partition, range) -> {
                    long from =
                            Math.max(range.from(), job.next.getOrDefault(partition, range.from()));
                    if (from < range.to()) {
                        rest.put(partition, new OffsetRange(from, range.to()));
                    }
                });
        return rest;
    }

    LetterFilter filterOf(String id) {
        Progress job = jobs.get(id);
        return job == null ? LetterFilter.ALL : job.started.filter();
    }

    /** Whether marks stand in the log only as entries older than this. */
    boolean needsSummary(long olderThanMillis) {
        return oldestMillis < olderThanMillis
                && summaryMillis < olderThanMillis
                && redrivenCount() + droppedCount() > 0;
    }

    /**
     * All marks, in as many entries as it takes for each of them to fit into a record of the log.
     *
     * @param mostRuns of letters without a gap in one of them
     */
    List<LedgerEntry.Summary> summaries(long atMillis, int mostRuns) {
        var pages = new ArrayList<Page>();
        pages.add(new Page());
        collect(redriven, Page::redriven, pages, mostRuns);
        collect(dropped, Page::dropped, pages, mostRuns);
        var summaries = new ArrayList<LedgerEntry.Summary>();
        for (int i = 0; i < pages.size(); i++) {
            Page page = pages.get(i);
            boolean hasMore = i < pages.size() - 1;
            summaries.add(
                    new LedgerEntry.Summary(page.redriven(), page.dropped(), hasMore, atMillis));
        }
        return summaries;
    }

    /** One entry of a summary while it is filled. */
    private record Page(
            Map<Integer, List<OffsetRange>> redriven, Map<Integer, List<OffsetRange>> dropped) {
        Page() {
            this(new HashMap<>(), new HashMap<>());
        }

        int runs() {
            int runs = 0;
            for (var each : List.of(redriven, dropped)) {
                for (List<OffsetRange> of : each.values()) {
                    runs += of.size();
                }
            }
            return runs;
        }
    }

    private static void collect(
            Map<Integer, OffsetBits> from,
            Function<Page, Map<Integer, List<OffsetRange>>> part,
            List<Page> pages,
            int mostRuns) {
        from.forEach((partition, bits) -> {
            List<OffsetRange> runs = bits.size() > 0 ? bits.runs() : List.of();
            int next = 0;
            while (next < runs.size()) {
                int room = mostRuns - pages.getLast().runs();
                if (room == 0) {
                    pages.add(new Page());
                    room = mostRuns;
                }
                int end = Math.min(runs.size(), next + room);
                part.apply(pages.getLast()).put(partition, List.copyOf(runs.subList(next, end)));
                next = end;
            }
        });
    }
}
