package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.DatasetSpec;
import io.millrace.api.DecodeSpec;
import io.millrace.api.LabelSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.TopicRange;
import io.millrace.api.tensor.DataType;
import io.millrace.spi.LogPartition;
import io.millrace.spi.OffsetRange;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RetrainRangesTest {

    private static final OptionalLong ALL = OptionalLong.empty();

    /** Partitions of topic {@code t}, by number: from and to. */
    private static Map<LogPartition, OffsetRange> log(long... fromTo) {
        var log = new HashMap<LogPartition, OffsetRange>();
        for (int i = 0; i < fromTo.length; i += 2) {
            log.put(new LogPartition("t", i / 2), new OffsetRange(fromTo[i], fromTo[i + 1]));
        }
        return log;
    }

    private static Map<LogPartition, Long> trained(long... ends) {
        var positions = new HashMap<LogPartition, Long>();
        for (int i = 0; i < ends.length; i++) {
            positions.put(new LogPartition("t", i), ends[i]);
        }
        return positions;
    }

    private static List<String> texts(List<TopicRange> ranges) {
        return ranges.stream().map(TopicRange::toString).toList();
    }

    private static DatasetSpec samples(String ranges) {
        return GivenTraining.samples(ranges);
    }

    @Test
    void goesOnFromWhereTheLastRoundEnded() {
        DatasetSpec base = samples("t:0:10:100,t:1:0:50");
        var ranges = new RetrainRanges(base, base, trained(150, 50), log(0, 200, 0, 80));

        DatasetSpec next = ranges.next(ALL, "round 2");

        assertThat(ranges.fresh()).isEqualTo(80);
        assertThat(texts(next.ranges()))
                .containsExactly(
                        "t:0:10:100", "t:1:0:50", "t:0:100:150", "t:0:150:200", "t:1:50:80");
        assertThat(texts(next.split().heldBackFrom())).containsExactly("t:0:150:200", "t:1:50:80");
        assertThat(next.description()).isEqualTo("round 2");
        assertThat(next.decode()).isEqualTo(base.decode());
    }

    @Test
    void partitionsThatWereNotDeclaredCountFromWhenTheyWereSeen() {
        DatasetSpec base = samples("t:0:0:100");
        var first = new RetrainRanges(base, base, trained(100), log(0, 100, 0, 500));
        assertThat(first.fresh()).isZero();
        assertThat(first.positions()).containsEntry(new LogPartition("t", 1), 500L);

        var second = new RetrainRanges(base, base, first.positions(), log(0, 120, 0, 530));
        DatasetSpec next = second.next(ALL, "");
        assertThat(texts(next.ranges())).containsExactly("t:0:0:100", "t:0:100:120", "t:1:500:530");

        var third = new RetrainRanges(base, next, trained(120, 530), log(0, 121, 0, 531));
        assertThat(texts(third.next(ALL, "").ranges()))
                .containsExactly(
                        "t:0:0:100", "t:0:100:120", "t:1:500:530", "t:0:120:121", "t:1:530:531");
    }

    @Test
    void takesWhatRetentionHasLeft() {
        DatasetSpec base = samples("t:0:0:100");
        var ranges = new RetrainRanges(base, base, trained(300), log(60, 400));
        assertThat(texts(ranges.next(ALL, "").ranges()))
                .containsExactly("t:0:60:100", "t:0:100:300", "t:0:300:400");
        var later = new RetrainRanges(base, base, trained(300), log(350, 400));
        assertThat(later.fresh()).isEqualTo(50);
        assertThat(texts(later.next(ALL, "").ranges())).containsExactly("t:0:350:400");
    }

    @Test
    void aTopicThatWasMadeAnewIsNew() {
        DatasetSpec base = samples("t:0:0:100");
        var ranges = new RetrainRanges(base, base, trained(100), log(0, 40));
        assertThat(ranges.fresh()).isEqualTo(40);
        assertThat(texts(ranges.next(ALL, "").ranges())).containsExactly("t:0:0:40");
    }

    @Test
    void aWindowHoldsTheNewestOfEachPartition() {
        DatasetSpec base = samples("t:0:0:300,t:1:0:100");
        var ranges = new RetrainRanges(base, base, trained(300, 100), log(0, 330, 0, 110));
        DatasetSpec next = ranges.next(OptionalLong.of(110), "");
        assertThat(texts(next.ranges()))
                .containsExactly("t:0:247:300", "t:1:82:100", "t:0:300:330", "t:1:100:110");
        DatasetSpec least = ranges.next(OptionalLong.of(20), "");
        assertThat(texts(least.ranges())).containsExactly("t:0:315:330", "t:1:105:110");
        assertThat(least.split().heldBackFrom()).isEqualTo(least.ranges());
    }

    @Test
    void anOpenDatasetIsTakenFromItsStart() {
        DatasetSpec base = samples("t");
        var ranges = new RetrainRanges(base, base, trained(100, 20), log(0, 110, 5, 25));
        assertThat(texts(ranges.next(ALL, "").ranges()))
                .containsExactly("t:0:0:100", "t:1:5:20", "t:0:100:110", "t:1:20:25");
    }

    @Test
    void holdsAFifthBackWhereNothingIsSaid() {
        DatasetSpec declared = samples("t:0:0:100");
        DatasetSpec base =
                declared.with(
                        declared.ranges(),
                        List.of(TopicRange.parse("u:0:3")),
                        new SplitSpec(0.9, 0, SplitSpec.Order.AS_SENT, 4));
        var log = log(0, 200);
        log.put(new LogPartition("u", 0), new OffsetRange(5, 9));
        var ranges = new RetrainRanges(base, base, trained(100), log);
        SplitSpec split = ranges.next(ALL, "").split();
        assertThat(split.test()).isBetween(0.049, 0.051);
        assertThat(split.order()).isEqualTo(SplitSpec.Order.AS_SENT);
        assertThat(ranges.fresh()).as("samples without label do not count").isEqualTo(100);
        assertThat(texts(ranges.next(ALL, "").unlabelled())).containsExactly("u:0:5:9");
        assertThat(RetrainRanges.topics(base)).containsExactly("t", "u");
        assertThat(RetrainRanges.least(declared)).isEqualTo(100);
        assertThat(RetrainRanges.least(declared.with(declared.ranges(), List.of(), SplitSpec.NONE)))
                .isEqualTo(50);
    }

    @Test
    void classesKeepTheirNumbersWhereLabelsAreTexts() {
        DatasetSpec numbers = samples("t:0:0:100,t:1:0:50");
        var texts =
                new DatasetSpec(
                        numbers.ranges(),
                        List.of(),
                        numbers.decode(),
                        new LabelSpec(
                                LabelSpec.Place.KEY,
                                "",
                                new DecodeSpec(
                                        DecodeSpec.Format.RAW,
                                        List.of(),
                                        Optional.of(DataType.BYTES),
                                        1)),
                        numbers.split(),
                        "");
        var ranges = new RetrainRanges(texts, texts, trained(100, 50), log(0, 110, 0, 60));
        assertThat(ranges.whyClassesWouldChange(ALL)).isEmpty();
        assertThat(ranges.whyClassesWouldChange(OptionalLong.of(5))).isPresent();
        DatasetSpec next = ranges.next(ALL, "");
        var later = new RetrainRanges(texts, next, trained(110, 60), log(0, 120, 0, 70));
        assertThat(texts(later.next(ALL, "").ranges()))
                .as("in the order in which they were laid down before")
                .containsExactly(
                        "t:0:0:100",
                        "t:1:0:50",
                        "t:0:100:110",
                        "t:1:50:60",
                        "t:0:110:120",
                        "t:1:60:70");
        var clipped = new RetrainRanges(texts, next, trained(110, 60), log(7, 120, 0, 70));
        assertThat(clipped.whyClassesWouldChange(ALL))
                .hasValueSatisfying(why -> assertThat(why).contains("t:0:0:100"));
        assertThat(
                        new RetrainRanges(numbers, numbers, trained(110, 60), log(7, 120, 0, 70))
                                .whyClassesWouldChange(OptionalLong.of(5)))
                .isEmpty();
    }
}
