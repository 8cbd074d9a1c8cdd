package io.millrace.control;

import io.millrace.api.DatasetSpec;
import io.millrace.api.ExperimentSpec;
import io.millrace.api.Kind;
import io.millrace.api.Manifest;
import io.millrace.api.Names;
import io.millrace.api.Resource;
import io.millrace.api.ResourceKey;
import io.millrace.api.ResourceName;
import io.millrace.api.TrainingRunSpec;
import io.millrace.spi.TrainingState.Phase;
import io.millrace.store.StoreImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A round of training again, as the labels of its dataset say it: then it is found in the store,
 * whatever a crash has left of the status of its experiment. Round 0 is the training on the dataset
 * that was declared or announced, which has no such labels.
 *
 * @param number from 1; 0 for the first training
 * @param dataset on which it trains
 * @param drift which drift it answers; empty for none
 */
record RetrainRound(long number, ResourceName dataset, String drift) {

    /** Runs of so many rounds are kept. */
    static final int KEPT = 5;

    private static final String EXPERIMENT = "millrace.io/retrain-of";
    private static final String NUMBER = "millrace.io/retrain-round";
    private static final String BASE = "millrace.io/retrain-from";
    private static final String DRIFT = "millrace.io/retrain-drift";

    /** The last round that began from a dataset; the first training when there was none. */
    static RetrainRound last(
            Resource<ExperimentSpec> experiment, ResourceName base, StoreImage image) {
        return rounds(Kind.DATASET, experiment, image).stream()
                .filter(dataset -> base.value().equals(dataset.metadata().labels().get(BASE)))
                .max(Comparator.comparingLong(RetrainRound::number))
                .map(dataset ->
                        new RetrainRound(
                                number(dataset),
                                dataset.key().name(),
                                dataset.metadata().labels().getOrDefault(DRIFT, "")))
                .orElse(new RetrainRound(0, base, ""));
    }

    /** A number that no round of an experiment had, as far as the store knows. */
    static long next(Resource<ExperimentSpec> experiment, StoreImage image) {
        return 1
                + Math.max(
                        highest(Kind.DATASET, experiment, image),
                        highest(Kind.TRAINING_RUN, experiment, image));
    }

    private static long highest(Kind kind, Resource<ExperimentSpec> experiment, StoreImage image) {
        return rounds(kind, experiment, image).stream()
                .mapToLong(RetrainRound::number)
                .max()
                .orElse(0);
    }

    /** What rounds before another have left and nobody needs: their datasets, and runs of old. */
    static List<ResourceKey> leftovers(
            Resource<ExperimentSpec> experiment, RetrainRound last, StoreImage image) {
        var old = new ArrayList<ResourceKey>();
        rounds(Kind.TRAINING_RUN, experiment, image).stream()
                .filter(run -> number(run) <= last.number() - KEPT && RunPhase.of(run).isEnd())
                .forEach(run -> old.add(run.key()));
        rounds(Kind.DATASET, experiment, image).stream()
                .filter(dataset -> number(dataset) < last.number())
                .filter(dataset -> Dependents.users(dataset.key(), image).isEmpty())
                .forEach(dataset -> old.add(dataset.key()));
        return old;
    }

    private static List<Resource<?>> rounds(
            Kind kind, Resource<ExperimentSpec> experiment, StoreImage image) {
        String uid = experiment.metadata().uid();
        return image.all(kind, experiment.key().project()).stream()
                .filter(each -> uid.equals(each.metadata().labels().get(EXPERIMENT)))
                .filter(each -> number(each) > 0)
                .toList();
    }

    /** Of which round a dataset or a run is; 0 for the first training. */
    static long number(Resource<?> resource) {
        String number = resource.metadata().labels().getOrDefault(NUMBER, "");
        return number.matches("[0-9]{1,18}") ? Long.parseLong(number) : 0;
    }

    /** The uid of the experiment whose round a dataset is; empty for other datasets. */
    static Optional<String> experimentOf(Resource<?> dataset) {
        return Optional.ofNullable(dataset.metadata().labels().get(EXPERIMENT));
    }

    /** The labels of the runs on a dataset. */
    static Map<String, String> labelsOfRuns(Resource<DatasetSpec> dataset) {
        var labels = new HashMap<String, String>();
        for (String label : List.of(EXPERIMENT, NUMBER)) {
            String value = dataset.metadata().labels().get(label);
            if (value != null) {
                labels.put(label, value);
            }
        }
        return labels;
    }

    /** The dataset of a new round; always the same for the same number and the same image. */
    static Manifest<DatasetSpec> dataset(
            Resource<ExperimentSpec> experiment,
            ResourceName base,
            long number,
            String drift,
            DatasetSpec spec,
            StoreImage image) {
        var labels = new HashMap<String, String>();
        labels.put(EXPERIMENT, experiment.metadata().uid());
        labels.put(NUMBER, Long.toString(number));
        labels.put(BASE, base.value());
        if (!drift.isEmpty()) {
            labels.put(DRIFT, drift);
        }
        return new Manifest<>(free(experiment.key(), number, image), "", labels, spec);
    }

    private static ResourceKey free(ResourceKey experiment, long number, StoreImage image) {
        String end = "-round-" + number;
        String begin = experiment.name().value();
        int most = Names.MAX_NAME_LENGTH - end.length() - "-2147483647".length();
        if (begin.length() > most) {
            String rest = "-" + Integer.toHexString(begin.hashCode());
            begin = begin.substring(0, most - rest.length()) + rest;
        }
        ResourceKey key = ResourceKey.of(Kind.DATASET, experiment.project(), begin + end);
        for (int more = 2; image.find(key).isPresent(); more++) {
            key = ResourceKey.of(Kind.DATASET, experiment.project(), begin + end + "-" + more);
        }
        return key;
    }

    /** Those of some runs that have made a model. */
    static List<Resource<TrainingRunSpec>> finished(List<Resource<TrainingRunSpec>> runs) {
        return runs.stream().filter(run -> RunPhase.of(run) == Phase.FINISHED).toList();
    }
}
