package io.millrace.stream;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.ResourceName;
import io.millrace.api.VersionRef;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** One model that answers each item with its own numbers; fails as told. */
final class FakeModels implements ModelServing {

    /** The model fails when an item holds this number. */
    static final float POISON = 666;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final List<Integer> calls = new CopyOnWriteArrayList<>();
    private volatile Consumer<Call> before = _ -> {};
    private volatile Runnable describing = () -> {};
    private volatile Signature signature = signature(2);

    static Signature signature(int elements) {
        return new Signature(
                Signature.DEFAULT,
                List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, elements))),
                List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, elements))));
    }

    FakeModels before(Consumer<Call> next) {
        before = next;
        return this;
    }

    FakeModels describing(Runnable next) {
        describing = next;
        return this;
    }

    FakeModels signature(Signature next) {
        signature = next;
        return this;
    }

    /** How many items each call had. */
    List<Integer> calls() {
        return calls;
    }

    @Override
    public Answer infer(Call call) {
        before.accept(call);
        Tensor.Numeric input = (Tensor.Numeric) call.inputs().getFirst();
        calls.add((int) input.shape().extent(0));
        Signature current = signature;
        if (!current.inputs().getFirst().shape().accepts(input.shape())) {
            throw MillraceException.invalid(
                    "expected " + current.inputs().getFirst() + ", got " + input.shape());
        }
        for (long at = 0; at < input.data().byteSize(); at += 4) {
            if (input.data().get(FLOAT, at) == POISON) {
                throw MillraceException.invalid("the model explodes on " + POISON);
            }
        }
        return new Answer(1, current, List.of(input));
    }

    @Override
    public Description describe(ProjectId project, ResourceName model, VersionRef version) {
        describing.run();
        return new Description(model, List.of(), "fake", Optional.of(1), List.of(signature));
    }

    @Override
    public List<Description> list(ProjectId project) {
        return List.of();
    }

    static MillraceException notReady() {
        return new MillraceException(ErrorCode.UNAVAILABLE, "version 1 is being loaded");
    }
}
