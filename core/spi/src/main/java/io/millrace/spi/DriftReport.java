package io.millrace.spi;

import io.millrace.api.MonitorSpec;
import java.util.List;
import java.util.Optional;

/**
 * What was seen of the calls of a model.
 *
 * @param monitor as it is watched
 * @param versions those that were called, ascending
 * @param skipped calls that should have been looked at and were not, since too many waited
 */
public record DriftReport(MonitorSpec monitor, List<VersionDrift> versions, long skipped) {

    public DriftReport {
        versions = List.copyOf(versions);
    }

    /** What was seen of a version. */
    public Optional<VersionDrift> version(int number) {
        return versions.stream().filter(seen -> seen.version() == number).findFirst();
    }

    /** Where the watching of a version stands. */
    public enum State {
        /** The reference is not complete yet. */
        LEARNING,
        /** What comes looks like the reference. */
        STEADY,
        /** What comes has differed from the reference for several windows in a row. */
        DRIFTED
    }

    /**
     * What was seen of one version.
     *
     * @param version its number
     * @param state where it stands
     * @param message since when and by what, in words; the same as long as the state is
     * @param referenceRecords how many records the reference holds
     * @param referenceWanted how many it takes
     * @param windows how many windows were compared
     * @param windowRecords how many records the window that fills holds
     * @param distance the largest distance of the last window, 0 before the first
     * @param features each of inputs and predictions, inputs first
     * @param quality how predictions compare with labels; empty when no labels are declared
     */
    public record VersionDrift(
            int version,
            State state,
            String message,
            long referenceRecords,
            long referenceWanted,
            long windows,
            long windowRecords,
            double distance,
            List<FeatureDrift> features,
            Optional<LiveQuality> quality) {

        public VersionDrift {
            features = List.copyOf(features);
        }
    }

    /** Of what a feature is. */
    public enum Part {
        INPUT,
        PREDICTION
    }

    /**
     * One number that is followed.
     *
     * @param part of what
     * @param name such as {@code x[3]}, {@code image.mean} or {@code class}
     * @param distance of the last window, 0 before the first
     * @param limit above which that window counts as different: the threshold, or what chance alone
     *     reaches when that is more
     * @param above how many windows in a row have been above
     * @param outside the share of the last window below or above all of the reference
     * @param reference what the reference looks like
     * @param window what the last window looks like
     */
    public record FeatureDrift(
            Part part,
            String name,
            double distance,
            double limit,
            int above,
            double outside,
            Facts reference,
            Facts window) {}

    /**
     * What values look like.
     *
     * @param count how many
     * @param mean their mean; 0 for classes
     * @param variance their variance; 0 for classes
     * @param min the least
     * @param max the largest
     * @param notFinite how many more were no finite numbers
     */
    public record Facts(
            long count, double mean, double variance, double min, double max, long notFinite) {
        /** Nothing was seen. */
        public static final Facts NONE = new Facts(0, 0, 0, 0, 0, 0);
    }

    /**
     * How predictions compare with the labels that came later, over the last of them; beside it
     * what a guess without any model would have given.
     *
     * @param joined labels that found their prediction, in all
     * @param unmatched labels that found none in time
     * @param unlabelled predictions whose label did not come in time
     * @param compared over how many the following numbers are
     * @param error how wrong: for numbers or for classes
     * @param trainingError what was declared; empty when nothing was
     */
    public record LiveQuality(
            long joined,
            long unmatched,
            long unlabelled,
            int compared,
            LiveError error,
            Optional<Double> trainingError) {}

    /** How wrong predictions are: one record for each kind. */
    public sealed interface LiveError {

        /** Whether a guess without a model would have done better. */
        boolean isWorseThanNaive();
    }

    /**
     * Of numbers.
     *
     * @param rmse root mean square error
     * @param mae mean absolute error
     * @param naiveCompared how many of the labels had one before them
     * @param naiveRmse the same, had the last label of the series been the prediction
     * @param naiveMae the same for the mean
     */
    public record NumberError(
            double rmse, double mae, int naiveCompared, double naiveRmse, double naiveMae)
            implements LiveError {
        @Override
        public boolean isWorseThanNaive() {
            return naiveCompared > 0 && rmse > naiveRmse;
        }
    }

    /**
     * Of classes.
     *
     * @param accuracy the share of right ones
     * @param naiveAccuracy the share of the most frequent label, had it always been the prediction
     * @param confusion how often which was taken for which, most frequent first
     */
    public record ClassError(double accuracy, double naiveAccuracy, List<Confusion> confusion)
            implements LiveError {
        public ClassError {
            confusion = List.copyOf(confusion);
        }

        @Override
        public boolean isWorseThanNaive() {
            return accuracy < naiveAccuracy;
        }
    }

    /** How often a class was predicted where the label says another, or the same. */
    public record Confusion(String label, String predicted, long count) {}
}
