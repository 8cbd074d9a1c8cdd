package io.millrace.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ResourceName;
import io.millrace.api.RetrainSpec;
import io.millrace.control.PromotionRule.Action;
import io.millrace.control.PromotionRule.Decision;
import io.millrace.spi.VersionJudge.Judged;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Version 3 is the new one, 2 is in production, 1 was before it. */
final class PromotionRuleTest {

    private static RetrainSpec rule(boolean isUpward, double improvement) {
        return new RetrainSpec(
                OptionalLong.of(1),
                Optional.empty(),
                new ResourceName("m"),
                isUpward ? "accuracy" : "mae",
                isUpward,
                improvement);
    }

    private static Decision decide(RetrainSpec rule, Map<Integer, Double> scores) {
        return new PromotionRule(rule, new Judged(scores, Map.of(), 50))
                .decide(3, 2, scores.containsKey(1) ? OptionalInt.of(1) : OptionalInt.empty());
    }

    @ParameterizedTest(name = "{0} {1}: {2} over {3} is {4}")
    @CsvSource({
        "true, 0, 0.91, 0.9, PROMOTE",
        "true, 0, 0.9, 0.9, KEEP",
        "true, 0, 0.89, 0.9, KEEP",
        "true, 0.05, 0.95, 0.9, PROMOTE",
        "true, 0.05, 0.94, 0.9, KEEP",
        "true, -0.02, 0.88, 0.9, PROMOTE",
        "true, -0.02, 0.87, 0.9, KEEP",
        "false, 0, 2.5, 3, PROMOTE",
        "false, 0, 3, 3, KEEP",
        "false, 0, 3.5, 3, KEEP",
        "false, 0.5, 2.5, 3, PROMOTE",
        "false, 0.5, 2.6, 3, KEEP",
        "false, -0.5, 3.5, 3, PROMOTE"
    })
    void promotesWhatIsBetterByEnough(
            boolean isUpward,
            double improvement,
            double candidate,
            double production,
            Action action) {
        Decision decision =
                decide(rule(isUpward, improvement), Map.of(3, candidate, 2, production));
        assertThat(decision.action()).isEqualTo(action);
        assertThat(decision.incumbent()).isEqualTo(2);
        assertThat(decision.why()).contains("on 50 held-back samples");
    }

    @ParameterizedTest(name = "{0}: {1}, {2} in production, {3} before: {4} against {5}")
    @CsvSource({
        "0, 0.8, 0.7, 0.9, ROLL_BACK, 1",
        "0, 0.95, 0.7, 0.9, PROMOTE, 1",
        "0, 0.8, 0.9, 0.9, KEEP, 2",
        "0.1, 0.8, 0.85, 0.9, KEEP, 2",
        "0.1, 0.8, 0.8, 0.9, ROLL_BACK, 1",
        // A lenient rule must not let equals take turns.
        "-0.1, 0.7, 0.9, 0.9, KEEP, 2",
        "-0.1, 0.7, 0.9, 0.85, KEEP, 2",
        "-0.1, 0.7, 0.85, 0.9, ROLL_BACK, 1"
    })
    void rollsBackToWhatIsBetterInEarnest(
            double improvement,
            double candidate,
            double production,
            double previous,
            Action action,
            int incumbent) {
        Decision decision =
                decide(rule(true, improvement), Map.of(3, candidate, 2, production, 1, previous));
        assertThat(decision.action()).isEqualTo(action);
        assertThat(decision.incumbent()).isEqualTo(incumbent);
    }

    @Test
    void whatCannotAnswerNeitherWinsNorLoses() {
        var rule = rule(true, 0);
        Decision silent =
                new PromotionRule(rule, new Judged(Map.of(2, 0.1), Map.of(3, "it crashed"), 50))
                        .decide(3, 2, OptionalInt.empty());
        assertThat(silent.action()).isEqualTo(Action.KEEP);
        assertThat(silent.why()).contains("version 3").contains("it crashed");

        Decision worse =
                new PromotionRule(
                                rule,
                                new Judged(Map.of(2, 0.1, 1, 0.9), Map.of(3, "it crashed"), 50))
                        .decide(3, 2, OptionalInt.of(1));
        assertThat(worse.action()).isEqualTo(Action.ROLL_BACK);
        assertThat(worse.why()).contains("it crashed").contains("0.9000 of version 1");

        Decision blind =
                new PromotionRule(rule, new Judged(Map.of(3, 1.0), Map.of(2, "no signature"), 50))
                        .decide(3, 2, OptionalInt.empty());
        assertThat(blind.action()).isEqualTo(Action.KEEP);
        assertThat(blind.why()).contains("version 2, which is in production");
    }
}
