package io.millrace.drift;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FeatureLayoutTest {

    private static final long ANY = Shape.ANY;

    private static FeatureLayout layout(TensorSpec input, TensorSpec output) {
        return FeatureLayout.of(new Signature("s", List.of(input), List.of(output)));
    }

    private static TensorSpec floats(String name, long... extents) {
        return new TensorSpec(name, DataType.FP32, Shape.of(extents));
    }

    private static List<String> names(FeatureLayout layout) {
        return layout.features().stream().map(Feature::name).toList();
    }

    private static double[] values(
            FeatureLayout layout, Tensor input, Tensor output, int items, int item) {
        var values = new double[layout.features().size()];
        layout.extract(List.of(input), List.of(output), items, item, values);
        return values;
    }

    @Test
    void eachElementOfASmallInputIsFollowed() {
        FeatureLayout layout = layout(floats("x", ANY, 2), floats("y", ANY, 1));
        Tensor input = Tensor.ofFloats(Shape.of(2, 2), new float[] {1, 2, 3, 4});
        Tensor output = Tensor.ofFloats(Shape.of(2, 1), new float[] {5, 6});

        assertThat(names(layout)).containsExactly("x[0]", "x[1]", "y");
        assertThat(layout.items(List.of(input))).isEqualTo(2);
        assertThat(values(layout, input, output, 2, 1)).containsExactly(3, 4, 6);
    }

    @Test
    void aPictureIsSummedUpAndScoresNameAClass() {
        FeatureLayout layout = layout(floats("image", ANY, 28, 28), floats("p", ANY, 3));
        var pixels = new float[2 * 784];
        pixels[784] = 1;
        pixels[785] = 3;
        Tensor input = Tensor.ofFloats(Shape.of(2, 28, 28), pixels);
        Tensor output = Tensor.ofFloats(Shape.of(2, 3), new float[] {.8f, .1f, .1f, 0, .25f, .75f});

        assertThat(names(layout))
                .containsExactly(
                        "image.mean",
                        "image.min",
                        "image.max",
                        "image.zeros",
                        "p[0]",
                        "p[1]",
                        "p[2]",
                        "p.class");
        assertThat(layout.features().getLast().kind()).isEqualTo(Feature.Kind.CLASS);
        assertThat(values(layout, input, output, 2, 1))
                .containsExactly(4.0 / 784, 0, 3, 782.0 / 784, 0, .25, .75, 2);
    }

    @Test
    void theLstmOfTheGridIsOneItemEachCall() {
        FeatureLayout layout = layout(floats("lstm", 1, 6, 1), floats("out", 1, 6, 1));

        assertThat(layout.features()).hasSize(12);
        assertThat(layout.items(List.of(Tensor.ofFloats(Shape.of(1, 6, 1), new float[6]))))
                .isEqualTo(1);
    }

    @Test
    void anOpenOutputIsSummedUpWhateverItsSize() {
        FeatureLayout layout = layout(floats("x", ANY, 6, 1), floats("out", ANY, ANY, 1));
        Tensor input = Tensor.ofFloats(Shape.of(1, 6, 1), new float[6]);
        Tensor output = Tensor.ofFloats(Shape.of(1, 2, 1), new float[] {1, 3});

        double[] values = values(layout, input, output, 1, 0);

        assertThat(names(layout).subList(6, 10))
                .containsExactly("out.mean", "out.min", "out.max", "out.zeros");
        assertThat(values[6]).isEqualTo(2);
    }

    @Test
    void aWholeNumberIsAClassAndATextHasALength() {
        FeatureLayout layout =
                layout(
                        new TensorSpec("text", DataType.BYTES, Shape.of(ANY)),
                        new TensorSpec("label", DataType.INT64, Shape.of(ANY)));
        Tensor input = new Tensor.Bytes(Shape.of(1), List.of(new byte[7]));
        Tensor output =
                new Tensor.Numeric(
                        DataType.INT64, Shape.of(1), MemorySegment.ofArray(new long[] {42}));

        assertThat(layout.features().getLast().kind()).isEqualTo(Feature.Kind.CLASS);
        assertThat(values(layout, input, output, 1, 0)).containsExactly(7, 42);
    }

    @Test
    void manySmallInputsShareTheLimit() {
        var inputs = List.of(floats("a", ANY, 20), floats("b", ANY, 20), floats("c", ANY, 12));
        FeatureLayout layout =
                FeatureLayout.of(new Signature("s", inputs, List.of(floats("y", ANY, 1))));

        assertThat(layout.features()).hasSize(20 + 4 + 12 + 1);
    }
}
