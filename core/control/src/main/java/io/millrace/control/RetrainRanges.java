package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.LogPartition;
import io.millrace.spi.OffsetRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which records a round trains on: those of the dataset from which it all began, those that came
 * behind them, and those that no round has seen. Samples are held back from the last ones only: no
 * version that an earlier round made was trained on them.
 *
 * <pre>
 *   declared          came since           new
 *   ├──────────────┤├──────────────┤├──────────────┤ end of the log
 *                                   ▲ held back: some of these
 * </pre>
 *
 * Pure.
 */
final class RetrainRanges {

    /** Of the new samples, where the dataset holds none back. */
    private static final double TEST = 0.2;

    /** So many samples at least are held back: fewer say nothing. */
    private static final long LEAST_TEST = 10;

    private final DatasetSpec base;
    private final DatasetSpec last;
    private final Map<LogPartition, OffsetRange> unlabelled = new TreeMap<>();
    private final Map<LogPartition, OffsetRange> there = new TreeMap<>();
    private final Map<LogPartition, Long> positions = new TreeMap<>();

    /**
     * Ranges for the next round.
     *
     * @param base from what it all began
     * @param last what the last round trained on
     * @param known up to where each partition was trained on; those that are missing count from now
     * @param log what the log holds now of {@link #topics}
     */
    RetrainRanges(
            DatasetSpec base,
            DatasetSpec last,
            Map<LogPartition, Long> known,
            Map<LogPartition, OffsetRange> log) {
        this.base = base;
        this.last = last;
        Set<String> labelled = topics(base.ranges());
        log.forEach((partition, now) -> {
            if (!labelled.contains(partition.topic())) {
                unlabelled.put(partition, now);
                return;
            }
            there.put(partition, now);
            long position = known.getOrDefault(partition, now.to());
            // A log that is shorter than what was read of it was made anew.
            positions.put(
                    partition, position > now.to() ? now.from() : Math.max(position, now.from()));
        });
    }

    /** The topics to look at. */
    static Set<String> topics(DatasetSpec base) {
        var all = new ArrayList<>(base.ranges());
        all.addAll(base.unlabelled());
        return topics(all);
    }

    private static Set<String> topics(List<TopicRange> ranges) {
        var topics = new LinkedHashSet<String>();
        ranges.forEach(range -> topics.add(range.topic()));
        return topics;
    }

    /** Up to where each partition counts as trained on. */
    Map<LogPartition, Long> positions() {
        return new TreeMap<>(positions);
    }

    /** How many records nobody has trained on. */
    long fresh() {
        return freshSegments().stream().mapToLong(Segment::length).sum();
    }

    /** How many new records there must be to hold enough of them back. */
    static long least(DatasetSpec base) {
        return (long) Math.ceil(LEAST_TEST / test(base.split()));
    }

    private static double test(SplitSpec declared) {
        return declared.test() > 0
                ? declared.test()
                : Math.min(TEST, (1 - declared.validation()) / 2);
    }

    /**
     * Why classes would get other numbers than before: where labels are texts, the first records
     * say which class is number 0. Empty when they keep theirs.
     */
    Optional<String> whyClassesWouldChange(OptionalLong window) {
        if (!hasTextLabels()) {
            return Optional.empty();
        }
        if (window.isPresent()) {
            return Optional.of("'window' leaves out the first records");
        }
        for (TopicRange range : last.ranges()) {
            OffsetRange now = there.get(partition(range));
            if (now == null || range.start() < now.from()) {
                return Optional.of("retention has removed the first records of " + range);
            }
        }
        return Optional.empty();
    }

    private boolean hasTextLabels() {
        return base.label().decode().type().equals(Optional.of(DataType.BYTES));
    }

    /**
     * The samples of the next round.
     *
     * @param window of how many of the newest records; empty for all
     * @param description of the dataset
     */
    DatasetSpec next(OptionalLong window, String description) {
        List<Segment> old = oldSegments();
        List<Segment> fresh = freshSegments();
        if (window.isPresent()) {
            keepNewest(old, fresh, window.getAsLong());
        }
        var ranges = new ArrayList<TopicRange>();
        old.forEach(segment -> ranges.add(segment.range()));
        List<TopicRange> held = fresh.stream().map(Segment::range).toList();
        ranges.addAll(held);
        SplitSpec split = base.split();
        return new DatasetSpec(
                ranges,
                leftOfUnlabelled(),
                base.decode(),
                base.label(),
                new SplitSpec(split.validation(), test(split), split.order(), split.seed(), held),
                description);
    }

    private List<Segment> freshSegments() {
        var fresh = new ArrayList<Segment>();
        positions.forEach((partition, position) -> add(fresh, partition, position, end(partition)));
        return fresh;
    }

    private long end(LogPartition partition) {
        OffsetRange now = there.get(partition);
        return now == null ? 0 : now.to();
    }

    private List<Segment> oldSegments() {
        var old = new ArrayList<Segment>();
        if (hasTextLabels()) {
            // In the very order of the last round, so that classes keep their numbers.
            last.ranges().forEach(range -> addLeft(old, range));
            return old;
        }
        base.ranges().forEach(range -> addLeft(old, range));
        positions.forEach((partition, position) -> {
            OptionalLong behind = ends(base.ranges(), partition);
            if (behind.isPresent()) {
                add(old, partition, Math.max(behind.getAsLong(), from(partition)), position);
            } else {
                // It was not declared: what rounds have seen of it is all there is.
                last.ranges().stream()
                        .filter(range -> partition.equals(partition(range)))
                        .forEach(range -> addLeft(old, range));
            }
        });
        return old;
    }

    private long from(LogPartition partition) {
        OffsetRange now = there.get(partition);
        return now == null ? 0 : now.from();
    }

    /** What retention has left of a range, but for what counts as new. */
    private void addLeft(List<Segment> segments, TopicRange range) {
        positions.forEach((partition, position) -> {
            if (covers(range, partition)) {
                add(
                        segments,
                        partition,
                        Math.max(range.start(), from(partition)),
                        Math.min(range.end().orElse(position), position));
            }
        });
    }

    private static OptionalLong ends(List<TopicRange> ranges, LogPartition partition) {
        return ranges.stream()
                .filter(range -> covers(range, partition))
                .mapToLong(range -> range.end().orElse(Long.MAX_VALUE))
                .max();
    }

    private List<TopicRange> leftOfUnlabelled() {
        var left = new ArrayList<Segment>();
        for (TopicRange range : base.unlabelled()) {
            Map<LogPartition, OffsetRange> log =
                    topics(base.ranges()).contains(range.topic()) ? there : unlabelled;
            log.forEach((partition, now) -> {
                if (covers(range, partition)) {
                    add(
                            left,
                            partition,
                            Math.max(range.start(), now.from()),
                            Math.min(range.end().orElse(now.to()), now.to()));
                }
            });
        }
        return left.stream().map(Segment::range).toList();
    }

    /** Of each partition the newest, so that the shares of partitions stay what they are. */
    private static void keepNewest(List<Segment> old, List<Segment> fresh, long window) {
        var lengths = new TreeMap<LogPartition, Long>();
        for (List<Segment> segments : List.of(old, fresh)) {
            segments.forEach(each -> lengths.merge(each.partition(), each.length(), Long::sum));
        }
        double all = sum(lengths.values());
        if (all <= window) {
            return;
        }
        var surplus = new TreeMap<LogPartition, Long>();
        lengths.forEach((partition, length) ->
                surplus.put(partition, length - (long) Math.ceil(length * (window / all))));
        drop(old, surplus);
        drop(fresh, surplus);
    }

    private static long sum(Collection<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).sum();
    }

    private static void drop(List<Segment> segments, Map<LogPartition, Long> surplus) {
        segments.replaceAll(segment -> {
            long much = Math.min(segment.length(), surplus.getOrDefault(segment.partition(), 0L));
            surplus.merge(segment.partition(), -much, Long::sum);
            return new Segment(segment.partition(), segment.from() + much, segment.to());
        });
        segments.removeIf(segment -> segment.length() == 0);
    }

    private static LogPartition partition(TopicRange range) {
        return new LogPartition(range.topic(), range.partition().orElse(0));
    }

    private static boolean covers(TopicRange range, LogPartition partition) {
        OptionalInt only = range.partition();
        return range.topic().equals(partition.topic())
                && (only.isEmpty() || only.getAsInt() == partition.index());
    }

    private static void add(List<Segment> segments, LogPartition partition, long from, long to) {
        if (to > from) {
            segments.add(new Segment(partition, from, to));
        }
    }

    private record Segment(LogPartition partition, long from, long to) {
        long length() {
            return to - from;
        }

        TopicRange range() {
            return TopicRange.of(partition.topic(), partition.index(), from, to);
        }
    }
}
