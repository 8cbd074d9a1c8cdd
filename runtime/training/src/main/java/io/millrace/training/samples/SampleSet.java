package io.millrace.training.samples;

import io.millrace.api.DatasetSpec;
import io.millrace.api.SplitSpec;
import io.millrace.api.tensor.TensorSpec;
import java.nio.file.Path;
import java.util.List;

/**
 * Samples laid down as NumPy files in one folder, which nobody writes to: {@code x.npy} and {@code
 * y.npy} with a row for each sample, {@code train.npy}, {@code validation.npy} and {@code test.npy}
 * with the numbers of the rows of each part, and {@code unlabelled_x.npy} when there are samples
 * without label.
 *
 * @param folder where they are
 * @param key names what was asked for: the same key is the same samples
 * @param dataset as declared, with what was found: each range closed, the type of raw numbers that
 *     came, the columns that are input
 * @param records how many labelled samples there are, the sum of the three parts
 * @param train of which so many to learn from
 * @param validation and so many to look at after each epoch
 * @param test and so many to judge by
 * @param unlabelled how many there are without label
 * @param leftOut how many records could not be decoded and were left out
 * @param x what inputs are like; the first extent is open
 * @param y what labels are like; the first extent is open
 * @param classes the names of classes by their numbers, when labels are text; the values that
 *     occur, in order, when they are few whole numbers; else empty
 * @param order how the parts were made in fact: real-valued labels have no strata
 * @param millis how long it took to lay them down
 */
public record SampleSet(
        Path folder,
        String key,
        DatasetSpec dataset,
        long records,
        long train,
        long validation,
        long test,
        long unlabelled,
        long leftOut,
        TensorSpec x,
        TensorSpec y,
        List<String> classes,
        SplitSpec.Order order,
        long millis) {

    static final String X = "x.npy";
    static final String Y = "y.npy";
    static final String TRAIN = "train.npy";
    static final String VALIDATION = "validation.npy";
    static final String TEST = "test.npy";
    static final String UNLABELLED = "unlabelled_x.npy";

    public SampleSet {
        classes = List.copyOf(classes);
    }

    /** The inputs of all labelled samples. */
    public Path xFile() {
        return folder.resolve(X);
    }

    /** The labels of all labelled samples. */
    public Path yFile() {
        return folder.resolve(Y);
    }

    /** The rows to learn from. */
    public Path trainFile() {
        return folder.resolve(TRAIN);
    }

    /** The rows to look at after each epoch. */
    public Path validationFile() {
        return folder.resolve(VALIDATION);
    }

    /** The rows to judge by. */
    public Path testFile() {
        return folder.resolve(TEST);
    }

    /** The inputs without label; there is no such file when there are none. */
    public Path unlabelledFile() {
        return folder.resolve(UNLABELLED);
    }
}
