package io.millrace.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScoreboardTest {

    @Test
    void matchesAnswersToPicturesOnce() {
        var scores = new Scoreboard();
        scores.sent(0, "Bag", 100);
        scores.sent(1, "Coat", 200);

        assertThat(scores.answered(1, "Shirt", 260))
                .contains(new Scoreboard.Outcome(1, "Coat", "Shirt", 60));
        assertThat(scores.answered(1, "Coat", 270)).isEmpty();
        assertThat(scores.answered(9, "Coat", 270)).isEmpty();
        assertThat(scores.waiting()).isEqualTo(1);
        assertThat(scores.answered(0, "Bag", 300)).isPresent();
        assertThat(scores.summary()).isEqualTo(new Scoreboard.Summary(2, 2, 1, 60, 200));
    }

    @Test
    void takesPercentilesThatWereReallySeen() {
        List<Long> hundred = LongStream.rangeClosed(1, 100).boxed().toList();
        assertThat(Scoreboard.percentile(hundred, 50)).isEqualTo(50);
        assertThat(Scoreboard.percentile(hundred, 99)).isEqualTo(99);
        assertThat(Scoreboard.percentile(List.of(5L, 7L, 9L), 50)).isEqualTo(7);
        assertThat(Scoreboard.percentile(List.of(5L, 7L, 9L), 99)).isEqualTo(9);
        assertThat(Scoreboard.percentile(List.of(5L), 1)).isEqualTo(5);
        assertThat(Scoreboard.percentile(List.of(), 50)).isZero();
    }

    @Test
    void succeedsOnlyWhenAllAreAnsweredAndEnoughAreRight() {
        assertThat(new Scoreboard.Summary(20, 20, 16, 1, 1).isSuccess()).isTrue();
        assertThat(new Scoreboard.Summary(20, 20, 15, 1, 1).isSuccess()).isFalse();
        assertThat(new Scoreboard.Summary(20, 19, 19, 1, 1).isSuccess()).isFalse();
        assertThat(new Scoreboard.Summary(0, 0, 0, 0, 0).isSuccess()).isFalse();
    }

    @Test
    void isSummedUpInASentence() {
        assertThat(DemoScreen.sentence(new Scoreboard.Summary(20, 20, 18, 7_340_000, 40_000_000)))
                .isEqualTo(
                        "20 pictures sent, 20 answered, 18 right (90 %); latency p50 7.3 ms, p99"
                                + " 40.0 ms");
        assertThat(DemoScreen.sentence(new Scoreboard.Summary(1, 0, 0, 0, 0)))
                .isEqualTo("1 picture sent, 0 answered, 0 right");
    }
}
