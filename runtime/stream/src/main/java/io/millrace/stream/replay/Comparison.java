package io.millrace.stream.replay;

import io.millrace.codec.payload.ComparableAnswer;
import io.millrace.codec.payload.PayloadText;
import io.millrace.spi.LogPosition;
import io.millrace.spi.PipelineReplays;
import io.millrace.spi.PipelineReplays.Reference;
import io.millrace.spi.PipelineTaps;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Compares answers of then and now, record by record. One thread adds, any thread may look. */
final class Comparison {

    private static final int MAX_LABELS = 500;
    private static final int MAX_TEXT = 2_000;

    private final Reference reference;
    private final String source;
    private final int maxExamples;
    private final Map<Change, Long> labels = new HashMap<>();
    private final List<PipelineReplays.Example> examples = new ArrayList<>();
    private ComparableAnswer.Distance distance = ComparableAnswer.Distance.NONE;
    private long records;
    private long same;
    private long different;
    private long onlyThen;
    private long onlyNow;
    private long neither;
    private long failedThen;
    private long failedNow;

    Comparison(Reference reference, String source, int maxExamples) {
        this.reference = reference;
        this.source = source;
        this.maxExamples = maxExamples;
    }

    private record Change(String then, String now) {}

    /**
     * What one way made of a record.
     *
     * @param payloads its answers
     * @param failure in words, why it gave none
     */
    record Side(List<byte[]> payloads, Optional<String> failure) {
        static Side of(List<byte[]> payloads, Optional<PipelineTaps.Failure> failure) {
            return new Side(payloads, failure.map(f -> f.stage() + ": " + f.reason()));
        }
    }

    synchronized void add(LogPosition position, Side then, Side now) {
        records++;
        if (!count(then, now)) {
            addExample(position, then, now);
        }
    }

    /** Whether both are the same. */
    private boolean count(Side then, Side now) {
        if (then.failure().isPresent() || now.failure().isPresent()) {
            if (then.failure().isPresent() && now.failure().isPresent()) {
                neither++;
                return true;
            }
            failedThen += then.failure().isPresent() ? 1 : 0;
            failedNow += now.failure().isPresent() ? 1 : 0;
            return false;
        }
        if (then.payloads().isEmpty() || now.payloads().isEmpty()) {
            if (then.payloads().isEmpty() && now.payloads().isEmpty()) {
                neither++;
                return true;
            }
            onlyThen += now.payloads().isEmpty() ? 1 : 0;
            onlyNow += then.payloads().isEmpty() ? 1 : 0;
            return false;
        }
        boolean isSame = compare(then.payloads(), now.payloads());
        same += isSame ? 1 : 0;
        different += isSame ? 0 : 1;
        return isSame;
    }

    private boolean compare(List<byte[]> then, List<byte[]> now) {
        boolean isSame = then.size() == now.size();
        for (int i = 0; i < Math.min(then.size(), now.size()); i++) {
            var one = ComparableAnswer.of(then.get(i));
            var other = ComparableAnswer.of(now.get(i));
            isSame &= one.isSameAs(other);
            Optional<String> label = one.label();
            Optional<String> newLabel = other.label();
            if (label.isPresent() && newLabel.isPresent()) {
                countLabel(new Change(label.get(), newLabel.get()));
            }
            distance = distance.plus(one.distanceTo(other));
        }
        return isSame;
    }

    /** Labels may be anything; what has too many kinds is no classification. */
    private void countLabel(Change change) {
        if (labels.size() < MAX_LABELS || labels.containsKey(change)) {
            labels.merge(change, 1L, Long::sum);
        }
    }

    private void addExample(LogPosition position, Side then, Side now) {
        if (examples.size() < maxExamples) {
            examples.add(new PipelineReplays.Example(position, texts(then), texts(now)));
        }
    }

    private static List<String> texts(Side side) {
        if (side.failure().isPresent()) {
            return List.of("failed: " + side.failure().get());
        }
        return side.payloads().stream()
                .map(payload -> PayloadText.of(payload).text())
                .map(text -> text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…")
                .toList();
    }

    /** What was found so far. */
    synchronized PipelineReplays.Report report() {
        long answered = same + different + onlyThen + onlyNow + failedThen + failedNow;
        return new PipelineReplays.Report(
                reference,
                source,
                records,
                same,
                different,
                onlyThen,
                onlyNow,
                neither,
                failedThen,
                failedNow,
                answered == 0
                        ? OptionalDouble.empty()
                        : OptionalDouble.of((double) same / answered),
                labelCounts(),
                distance.numbers(),
                distance.numbers() == 0
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(distance.sum() / distance.numbers()),
                List.copyOf(examples));
    }

    private List<PipelineReplays.LabelCount> labelCounts() {
        return labels.entrySet().stream()
                .map(entry ->
                        new PipelineReplays.LabelCount(
                                entry.getKey().then(), entry.getKey().now(), entry.getValue()))
                .sorted(
                        Comparator.comparing(PipelineReplays.LabelCount::then)
                                .thenComparing(PipelineReplays.LabelCount::now))
                .toList();
    }
}
