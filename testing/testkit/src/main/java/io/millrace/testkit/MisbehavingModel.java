package io.millrace.testkit;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.spi.LoadedModel;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A model whose calls do harm or give what the signature does not say: {@code nan} or {@code
 * infinity} in the last number, {@code wide} or {@code doubles} instead of what is declared, {@code
 * two} outputs instead of one, {@code dim} with NaN for anything but zeros; else a {@link
 * Misbehaviour}.
 */
final class MisbehavingModel implements LoadedModel {

    private final LoadedModel model;
    private final String how;

    MisbehavingModel(LoadedModel model, String how) {
        this.model = model;
        this.how = how;
    }

    @Override
    public List<Signature> signatures() {
        return model.signatures();
    }

    @Override
    public List<Tensor> run(Signature signature, List<Tensor> inputs) {
        var output = (Tensor.Numeric) model.run(signature, inputs).getFirst();
        Shape shape = output.shape();
        int count = Math.toIntExact(shape.elements());
        float[] values = output.data().toArray(ValueLayout.JAVA_FLOAT);
        switch (how) {
            case "nan" -> values[count - 1] = Float.NaN;
            case "infinity" -> values[count - 1] = Float.POSITIVE_INFINITY;
            case "dim" -> values[count - 1] = values[count - 1] > 0 ? Float.NaN : 0;
            case "wide" -> {
                Shape wide = Shape.of(shape.extent(0), 2 * shape.extent(1));
                return List.of(Tensor.ofFloats(wide, new float[2 * count]));
            }
            case "doubles" -> {
                var data = java.lang.foreign.MemorySegment.ofArray(new double[count]);
                return List.of(new Tensor.Numeric(DataType.FP64, shape, data));
            }
            case "two" -> {
                return List.of(output, output);
            }
            default -> Misbehaviour.of(how);
        }
        return List.of(Tensor.ofFloats(shape, values));
    }

    @Override
    public void close() {
        model.close();
    }
}
