package io.millrace.training.run;

import io.millrace.api.DatasetSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Samples on disk. The folder holds {@code x.npy} and {@code y.npy} (row by row the inputs and
 * labels, types as sent), {@code train.npy}, {@code validation.npy} and {@code test.npy} (rows of
 * each part in its order, as {@code int64}; a missing file is an empty part) and, where there are
 * samples without label, {@code unlabelled_x.npy}.
 *
 * @param folder where they are; nobody changes it while it is used
 * @param dataset as declared, with what the samples themselves showed: types and shapes
 * @param train how many samples train
 * @param validation how many are looked at after each epoch
 * @param test how many judge the model at the end
 * @param unlabelled how many have no label
 * @param classes what the labels 0, 1, 2 … mean; empty when they speak for themselves
 * @param lineage what is worth knowing about them later: names to values for people
 * @param notices for people: records that were left out and the like
 */
public record RunSamples(
        Path folder,
        DatasetSpec dataset,
        long train,
        long validation,
        long test,
        long unlabelled,
        List<String> classes,
        Map<String, String> lineage,
        List<String> notices) {

    public RunSamples {
        classes = List.copyOf(classes);
        lineage = Map.copyOf(lineage);
        notices = List.copyOf(notices);
    }
}
