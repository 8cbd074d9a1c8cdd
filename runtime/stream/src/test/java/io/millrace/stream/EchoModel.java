package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing;
import io.millrace.testkit.FakeModelServing;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** A model that answers each item with its own numbers, and the model of the plans of the tests. */
final class EchoModel {

    /** The model fails when an item holds this number. */
    static final float POISON = 666;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private EchoModel() {}

    /** Models with this one, of two numbers an item. */
    static FakeModelServing serving() {
        var models = new FakeModelServing();
        put(models, 2);
        return models;
    }

    /** Has the model take so many numbers an item from now on. */
    static void put(FakeModelServing models, int elements) {
        Signature signature = signature(elements);
        models.put(Plans.PROJECT, "net", signature, call -> echo(call, signature));
    }

    /** Has the model be one that no model step can feed. */
    static void putWithTwoInputs(FakeModelServing models) {
        var input = new TensorSpec("x", DataType.FP32, Shape.of(-1, 2));
        var other = new TensorSpec("z", DataType.FP32, Shape.of(-1, 2));
        var signature = new Signature(Signature.DEFAULT, List.of(input, other), List.of(input));
        models.put(Plans.PROJECT, "net", signature, ModelServing.Call::inputs);
    }

    private static Signature signature(int elements) {
        return new Signature(
                Signature.DEFAULT,
                List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, elements))),
                List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, elements))));
    }

    private static List<Tensor> echo(ModelServing.Call call, Signature signature) {
        Tensor.Numeric input = (Tensor.Numeric) call.inputs().getFirst();
        TensorSpec expected = signature.inputs().getFirst();
        if (!expected.shape().accepts(input.shape())) {
            throw MillraceException.invalid("expected " + expected + ", got " + input.shape());
        }
        for (long at = 0; at < input.data().byteSize(); at += 4) {
            if (input.data().get(FLOAT, at) == POISON) {
                throw MillraceException.invalid("the model explodes on " + POISON);
            }
        }
        return List.of(input);
    }

    /** How many items each call had. */
    static List<Integer> callSizes(FakeModelServing models) {
        return models.calls().stream().map(EchoModel::items).toList();
    }

    static int items(ModelServing.Call call) {
        return (int) call.inputs().getFirst().shape().extent(0);
    }

    static MillraceException notReady() {
        return new MillraceException(ErrorCode.UNAVAILABLE, "version 1 is being loaded");
    }
}
