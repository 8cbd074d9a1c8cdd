package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.api.MonitorSpec;
import io.millrace.api.MonitorSpec.ClassTarget;
import io.millrace.api.MonitorSpec.LabelTopic;
import io.millrace.api.MonitorSpec.Labels;
import io.millrace.api.MonitorSpec.NumberTarget;
import io.millrace.drift.LabelJoin.Label;
import io.millrace.drift.LabelJoin.Place;
import io.millrace.drift.LabelJoin.Prediction;
import io.millrace.spi.DriftReport.ClassError;
import io.millrace.spi.DriftReport.Confusion;
import io.millrace.spi.DriftReport.NumberError;
import io.millrace.spi.LogPartition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LabelJoinTest {

    private static final LogPartition REQUESTS = new LogPartition("requests", 0);
    private static final LogPartition LABELS = new LogPartition("labels", 0);

    private final LabelJoin join = new LabelJoin(labels(new NumberTarget(0)));

    static Labels labels(MonitorSpec.Target target) {
        return new Labels(
                new LabelTopic("labels"),
                Optional.of("id"),
                "value",
                Optional.empty(),
                target,
                Duration.ofSeconds(60),
                Optional.of(0.25));
    }

    private static Prediction prediction(String key, long offset, long timestamp, double value) {
        return new Prediction(key, 1, new Place(REQUESTS, offset), timestamp, value);
    }

    private static Label label(String key, long offset, long timestamp, String text) {
        return new Label(key, "station", new Place(LABELS, offset), timestamp, text);
    }

    private NumberError error() {
        return (NumberError) join.report(1).error();
    }

    @Test
    void labelsThatComeLaterGiveTheErrorBesideTheNaiveGuess() {
        join.predicted(prediction("a", 0, 10, 1.0), 0);
        join.predicted(prediction("b", 1, 20, 5.0), 0);
        join.labelled(label("a", 0, 5_000, "2.0"), 30_000);
        join.labelled(label("b", 1, 6_000, "2.0"), 59_000);

        // errors -1 and 3; the naive guess is known for the second label only, and is right
        assertThat(error()).isEqualTo(new NumberError(Math.sqrt(5), 2, 1, 0, 0));
        assertThat(error().isWorseThanNaive()).isTrue();
        assertThat(join.report(1).joined()).isEqualTo(2);
        assertThat(join.report(1).trainingError()).contains(0.25);
        assertThat(join.waiting()).isZero();
    }

    @Test
    void theSameRecordAnsweredAgainCountsOnce() {
        join.predicted(prediction("a", 0, 10, 1), 0);
        join.predicted(prediction("a", 0, 10, 1), 1);
        join.labelled(label("a", 0, 20, "1"), 2);
        join.predicted(prediction("a", 0, 10, 1), 3);
        join.labelled(label("a", 0, 20, "1"), 4); // the reader read it again
        join.labelled(label("a", 1, 30, "9"), 5); // a second label finds nothing

        assertThat(join.report(1).joined()).isEqualTo(1);
        assertThat(join.report(1).compared()).isEqualTo(1);
        assertThat(error().rmse()).isZero();
    }

    @Test
    void aSeriesJoinsEachReadingWithThePredictionBeforeIt() {
        // Each reading is at the same time the label of what was predicted from the one before.
        double[] readings = {1, 2, 4, 8};
        for (int i = 0; i < readings.length; i++) {
            var place = new Place(REQUESTS, i);
            String text = Double.toString(readings[i]);
            join.labelled(new Label("s", "s", place, 100L * i, text), 100L * i);
            join.predicted(new Prediction("s", 1, place, 100L * i, 2 * readings[i]), 100L * i + 1);
        }

        assertThat(join.report(1).joined()).isEqualTo(3);
        assertThat(error().rmse()).isZero();
        // the last value is wrong by 1, 2 and 4
        assertThat(error().naiveRmse()).isCloseTo(Math.sqrt(7), within(1e-12));
    }

    @Test
    void aLabelMayOvertakeItsPrediction() {
        join.labelled(label("a", 0, 50, "3"), 0);
        assertThat(join.report(1).joined()).isZero();

        join.predicted(prediction("a", 0, 10, 4), 5);

        assertThat(error().mae()).isEqualTo(1);
        assertThat(join.waiting()).isZero();
    }

    @Test
    void aPredictionMadeAfterTheLabelIsNotItsOwn() {
        join.predicted(prediction("a", 0, 500, 4), 0);
        join.labelled(label("a", 0, 100, "3"), 1);

        assertThat(join.report(1).joined()).isZero();
        assertThat(join.waiting()).isEqualTo(2);
    }

    @Test
    void whatWaitedForTooLongIsCounted() {
        join.predicted(prediction("a", 0, 10, 1), 0);
        join.labelled(label("b", 0, 10, "1"), 0);
        join.expire(60_000);
        assertThat(join.waiting()).isEqualTo(2);

        join.expire(60_001);
        join.labelled(label("a", 1, 20, "1"), 60_002);

        assertThat(join.report(1).unlabelled()).isEqualTo(1);
        assertThat(join.report(1).unmatched()).isEqualTo(1);
        assertThat(join.report(1).joined()).isZero();
    }

    @Test
    void memoryIsBoundedAndWhatMadeRoomIsCounted() {
        for (int i = 0; i < LabelJoin.MOST_WAITING + 10; i++) {
            join.predicted(prediction("k" + i, i, i, 1), 0);
        }

        assertThat(join.waiting()).isEqualTo(LabelJoin.MOST_WAITING);
        assertThat(join.evicted()).isEqualTo(10);
        assertThat(join.report(1).unlabelled()).isEqualTo(10);
    }

    @Test
    void versionsAreJudgedApart() {
        join.predicted(prediction("a", 0, 10, 1), 0);
        join.predicted(new Prediction("a", 2, new Place(REQUESTS, 0), 10, 3), 0);
        join.labelled(label("a", 0, 20, "1"), 1);

        assertThat(error().rmse()).isZero();
        assertThat(((NumberError) join.report(2).error()).rmse()).isEqualTo(2);
    }

    @Test
    void classesGiveAccuracyAndConfusionBesideTheMostFrequentOne() {
        var classes = new LabelJoin(labels(new ClassTarget(List.of("cat", "dog"))));
        String[] labels = {"cat", "cat", "cat", "dog"};
        double[] predicted = {0, 0, 1, 1};
        for (int i = 0; i < labels.length; i++) {
            classes.predicted(prediction("k" + i, i, 10, predicted[i]), 0);
            classes.labelled(label("k" + i, i, 20, labels[i]), 1);
        }
        classes.labelled(label("k9", 9, 20, "cow"), 1);

        assertThat(classes.report(1).error())
                .isEqualTo(
                        new ClassError(
                                0.75,
                                0.75,
                                List.of(
                                        new Confusion("cat", "cat", 2),
                                        new Confusion("cat", "dog", 1),
                                        new Confusion("dog", "dog", 1))));
        assertThat(classes.unusable()).isEqualTo(1);
    }
}
