package io.millrace.control;

import io.millrace.api.ResourceName;
import io.millrace.api.TopicRange;
import io.millrace.spi.LogPartition;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the status of an experiment that trains again remembers from look to look. */
final class RetrainMemory {

    /** The dataset from which the rounds began. */
    static final String BASE = "first dataset";

    private static final String BASE_RANGES = "first ranges";
    private static final String ROUND = "round";
    private static final String BEGUN_BY = "round begun by";
    private static final String CANDIDATE = "candidate";
    private static final String SETTLED = "settled";
    private static final String RESULT = "round result";
    private static final String PROMOTED = "promoted";
    private static final String TRAINED_UP_TO = "trained up to";
    private static final String DRIFT = "drift answered";
    private static final String FAILED = "failed: ";

    /** All that is kept. */
    static final List<String> KEPT =
            List.of(
                    BASE,
                    BASE_RANGES,
                    ROUND,
                    BEGUN_BY,
                    CANDIDATE,
                    SETTLED,
                    RESULT,
                    PROMOTED,
                    TRAINED_UP_TO,
                    DRIFT);

    private final Map<String, String> details;

    RetrainMemory(Map<String, String> details) {
        this.details = details;
    }

    /** Rounds of another dataset begin anew. */
    void beganFrom(String dataset) {
        if (!dataset.equals(details.put(BASE, dataset))) {
            List.of(BASE_RANGES, ROUND, BEGUN_BY, CANDIDATE, SETTLED, RESULT, TRAINED_UP_TO)
                    .forEach(details::remove);
        }
    }

    /** The ranges on which the first training was done; empty while nobody knows where they end. */
    Optional<List<TopicRange>> firstRanges() {
        return Optional.ofNullable(details.get(BASE_RANGES))
                .map(text -> Arrays.stream(text.split(", ", -1)).map(TopicRange::parse).toList());
    }

    void firstRanges(List<TopicRange> ranges) {
        details.put(
                BASE_RANGES,
                ranges.stream().map(TopicRange::toString).collect(Collectors.joining(", ")));
    }

    /** The round that went on last, also when its dataset is gone; empty before the first look. */
    Optional<RetrainRound> round() {
        String number = details.getOrDefault(ROUND, "");
        String dataset = details.get(ExperimentRounds.DATASET);
        return dataset == null || !number.matches("[0-9]{1,18}")
                ? Optional.empty()
                : Optional.of(
                        new RetrainRound(Long.parseLong(number), new ResourceName(dataset), ""));
    }

    /** A round goes on. */
    void isIn(RetrainRound round) {
        String number = Long.toString(round.number());
        if (!number.equals(details.put(ROUND, number))) {
            details.remove(CANDIDATE);
        }
        if (!round.drift().isEmpty() && !isSettled(round)) {
            details.put(DRIFT, round.drift());
        }
    }

    void begun(String by) {
        details.put(BEGUN_BY, by);
    }

    /** The version that a round has made. */
    OptionalInt candidate() {
        String known = details.getOrDefault(CANDIDATE, "");
        return known.matches("version [0-9]{1,9} .*")
                ? OptionalInt.of(Integer.parseInt(known.split(" ", -1)[1]))
                : OptionalInt.empty();
    }

    void candidate(int version, String run) {
        details.put(CANDIDATE, "version %d of %s".formatted(version, run));
    }

    boolean isSettled(RetrainRound round) {
        return round.dataset().value().equals(details.get(SETTLED));
    }

    /** A round has ended. */
    void settle(RetrainRound round, String result) {
        details.put(SETTLED, round.dataset().value());
        details.put(RESULT, result);
    }

    void fail(RetrainRound round, String why) {
        settle(round, FAILED + why);
    }

    /** What came of the last round; empty before the first has ended. */
    String result() {
        return details.getOrDefault(RESULT, "");
    }

    boolean hasFailed() {
        return result().startsWith(FAILED);
    }

    /** The version that rounds have put into production last. */
    OptionalInt promoted() {
        String known = details.getOrDefault(PROMOTED, "");
        return known.matches("version [0-9]{1,9}")
                ? OptionalInt.of(Integer.parseInt(known.split(" ", -1)[1]))
                : OptionalInt.empty();
    }

    void promoted(int version) {
        details.put(PROMOTED, "version " + version);
    }

    void rolledBack() {
        details.remove(PROMOTED);
    }

    /** Which drift was answered last. */
    String drift() {
        return details.getOrDefault(DRIFT, "");
    }

    void driftEnded() {
        details.remove(DRIFT);
    }

    /** A round has ended, whatever came of it: its records do not begin another one. */
    void trainedOn(List<TopicRange> ranges) {
        Map<LogPartition, Long> positions = positions();
        for (TopicRange range : ranges) {
            if (range.partition().isPresent() && range.end().isPresent()) {
                var partition = new LogPartition(range.topic(), range.partition().getAsInt());
                positions.merge(partition, range.end().getAsLong(), Math::max);
            }
        }
        positions(positions);
    }

    /** Up to where partitions were trained on. */
    Map<LogPartition, Long> positions() {
        var positions = new TreeMap<LogPartition, Long>();
        for (String each : details.getOrDefault(TRAINED_UP_TO, "").split(", ", -1)) {
            String[] parts = each.split(":", -1);
            if (parts.length == 3
                    && parts[1].matches("[0-9]{1,9}")
                    && parts[2].matches("[0-9]{1,18}")) {
                positions.put(
                        new LogPartition(parts[0], Integer.parseInt(parts[1])),
                        Long.parseLong(parts[2]));
            }
        }
        return positions;
    }

    void positions(Map<LogPartition, Long> positions) {
        details.put(
                TRAINED_UP_TO,
                new TreeMap<>(positions)
                        .entrySet().stream()
                                .map(each ->
                                        "%s:%d:%d"
                                                .formatted(
                                                        each.getKey().topic(),
                                                        each.getKey().index(),
                                                        each.getValue()))
                                .collect(Collectors.joining(", ")));
    }

    /** How far it is to the next round; in tenths, so that not each record is a change. */
    void progress(long fresh, long needed) {
        long tenth = Math.max(1, needed / 10);
        details.put(
                "new records",
                fresh >= needed
                        ? "enough, at least " + needed
                        : (tenth > 1 ? "at least " : "")
                                + "%d of %d".formatted(fresh / tenth * tenth, needed));
    }
}
