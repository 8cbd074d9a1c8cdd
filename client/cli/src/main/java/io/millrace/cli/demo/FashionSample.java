package io.millrace.cli.demo;

import io.millrace.api.MillraceException;
import java.nio.file.Path;
import java.util.List;

/** The pictures of the example with what they really show. */
final class FashionSample {

    static final int SIDE = 28;

    /** What the classes are called, in the model's order. */
    static final List<String> LABELS =
            List.of(
                    "T-shirt/top",
                    "Trouser",
                    "Pullover",
                    "Dress",
                    "Coat",
                    "Sandal",
                    "Shirt",
                    "Sneaker",
                    "Bag",
                    "Ankle boot");

    private final IdxFile pictures;
    private final IdxFile labels;

    FashionSample(IdxFile pictures, IdxFile labels) {
        int[] shape = pictures.lengths();
        if (shape.length != 3
                || shape[1] != SIDE
                || shape[2] != SIDE
                || labels.lengths().length != 1
                || labels.count() != pictures.count()
                || pictures.count() == 0) {
            throw MillraceException.invalid("the pictures and labels do not fit together");
        }
        this.pictures = pictures;
        this.labels = labels;
    }

    static FashionSample read(Path folder) {
        return new FashionSample(
                IdxFile.read(folder.resolve("fashion-mnist-sample-images-idx3-ubyte.gz")),
                IdxFile.read(folder.resolve("fashion-mnist-sample-labels-idx1-ubyte.gz")));
    }

    /** A picture by a number that may be larger than there are pictures: 28 x 28 bytes. */
    byte[] picture(int number) {
        return pictures.item(number % pictures.count());
    }

    /** What it really shows. */
    String label(int number) {
        int index = labels.bytes()[number % labels.count()] & 0xff;
        return index < LABELS.size() ? LABELS.get(index) : "class " + index;
    }
}
