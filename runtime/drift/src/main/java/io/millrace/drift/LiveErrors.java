package io.millrace.drift;

import io.millrace.spi.DriftReport.ClassError;
import io.millrace.spi.DriftReport.Confusion;
import io.millrace.spi.DriftReport.LiveError;
import io.millrace.spi.DriftReport.NumberError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How wrong the last predictions of a version were. Whoever holds it guards it. */
sealed interface LiveErrors {

    /** The errors of so many predictions are kept. */
    int KEPT = 1_000;

    /** Over how many predictions. */
    int compared();

    /** How wrong. */
    LiveError error();

    /** Of numbers, in a ring. */
    final class Numbers implements LiveErrors {
        private final double[] errors = new double[KEPT];
        private final double[] naive = new double[KEPT];
        private long added;

        /**
         * Adds one.
         *
         * @param naiveGuess the label before in its series; NaN when there was none
         */
        void add(double predicted, double label, double naiveGuess) {
            int at = (int) (added % KEPT);
            errors[at] = predicted - label;
            naive[at] = naiveGuess - label;
            added++;
        }

        @Override
        public int compared() {
            return (int) Math.min(added, KEPT);
        }

        @Override
        public NumberError error() {
            int count = compared();
            double squares = 0;
            double sum = 0;
            int naiveCount = 0;
            double naiveSquares = 0;
            double naiveSum = 0;
            for (int i = 0; i < count; i++) {
                squares += errors[i] * errors[i];
                sum += Math.abs(errors[i]);
                if (!Double.isNaN(naive[i])) {
                    naiveCount++;
                    naiveSquares += naive[i] * naive[i];
                    naiveSum += Math.abs(naive[i]);
                }
            }
            int divisor = Math.max(1, count);
            int naiveDivisor = Math.max(1, naiveCount);
            return new NumberError(
                    Math.sqrt(squares / divisor),
                    sum / divisor,
                    naiveCount,
                    Math.sqrt(naiveSquares / naiveDivisor),
                    naiveSum / naiveDivisor);
        }
    }

    /** Of classes, in a ring. */
    final class Classes implements LiveErrors {
        private static final int SHOWN = 100;

        private record Answer(String label, String predicted) {}

        private final Answer[] answers = new Answer[KEPT];
        private long added;

        void add(String predicted, String label) {
            answers[(int) (added % KEPT)] = new Answer(label, predicted);
            added++;
        }

        @Override
        public int compared() {
            return (int) Math.min(added, KEPT);
        }

        @Override
        public ClassError error() {
            int count = compared();
            var pairs = new HashMap<Answer, Long>();
            var labels = new HashMap<String, Long>();
            int right = 0;
            for (int i = 0; i < count; i++) {
                Answer answer = answers[i];
                pairs.merge(answer, 1L, Long::sum);
                labels.merge(answer.label(), 1L, Long::sum);
                right += answer.label().equals(answer.predicted()) ? 1 : 0;
            }
            long mostFrequent = labels.values().stream().mapToLong(Long::longValue).max().orElse(0);
            int divisor = Math.max(1, count);
            return new ClassError(
                    (double) right / divisor, (double) mostFrequent / divisor, confusion(pairs));
        }

        private static List<Confusion> confusion(Map<Answer, Long> pairs) {
            var confusion = new ArrayList<Confusion>();
            pairs.forEach((answer, times) ->
                    confusion.add(new Confusion(answer.label(), answer.predicted(), times)));
            confusion.sort(
                    Comparator.comparingLong(Confusion::count)
                            .reversed()
                            .thenComparing(Confusion::label)
                            .thenComparing(Confusion::predicted));
            return confusion.subList(0, Math.min(SHOWN, confusion.size()));
        }
    }
}
