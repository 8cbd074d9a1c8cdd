package io.millrace.model.tensorflow;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.RawTensor;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.types.TString;

/** A SavedModel in memory. Calls may overlap: a TensorFlow session is made for it. */
final class TensorFlowModel implements LoadedModel {

    private final SavedModelBundle bundle;
    private final Session session;
    private final List<Call> calls;
    private final List<Signature> signatures;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    TensorFlowModel(SavedModelBundle bundle, List<Binding> bindings) {
        this.bundle = bundle;
        this.session = bundle.session();
        this.calls = bindings.stream().map(this::resolve).toList();
        this.signatures = calls.stream().map(Call::signature).toList();
    }

    @Override
    public List<Signature> signatures() {
        return signatures;
    }

    @Override
    public List<Tensor> run(Signature signature, List<Tensor> inputs) {
        Call call = call(signature);
        check(signature, inputs);
        var fed = new ArrayList<org.tensorflow.Tensor>(inputs.size());
        try {
            for (Tensor input : inputs) {
                fed.add(toTensorFlow(input));
            }
            Session.Runner runner = session.runner();
            for (int i = 0; i < fed.size(); i++) {
                runner.feed(call.inputs().get(i), fed.get(i));
            }
            for (Output<?> output : call.outputs()) {
                runner.fetch(output);
            }
            return run(runner, signature);
        } finally {
            for (org.tensorflow.Tensor tensor : fed) {
                tensor.close();
            }
        }
    }

    @Override
    public void close() {
        if (isClosed.compareAndSet(false, true)) {
            bundle.close();
        }
    }

    private static List<Tensor> run(Session.Runner runner, Signature signature) {
        // Outputs are garbage once the result is closed: copy them inside.
        try (Result result = runner.run()) {
            var outputs = new ArrayList<Tensor>(result.size());
            for (int i = 0; i < result.size(); i++) {
                outputs.add(fromTensorFlow(signature.outputs().get(i).type(), result.get(i)));
            }
            return outputs;
        } catch (TensorFlowException | IllegalArgumentException | IllegalStateException e) {
            throw new MillraceException(
                    ErrorCode.USER_CODE, "the model failed: " + Messages.firstLine(e), e);
        }
    }

    /** A wrong rank, type or extent would abort the whole process inside TensorFlow. */
    private static void check(Signature signature, List<Tensor> inputs) {
        List<TensorSpec> specs = signature.inputs();
        if (inputs.size() != specs.size()) {
            throw MillraceException.invalid(
                    "signature '%s' takes %d inputs, got %d"
                            .formatted(signature.name(), specs.size(), inputs.size()));
        }
        for (int i = 0; i < inputs.size(); i++) {
            TensorSpec spec = specs.get(i);
            Tensor input = inputs.get(i);
            if (input.type() != spec.type() || !spec.shape().accepts(input.shape())) {
                throw MillraceException.invalid(
                        "input '%s': expected %s%s, received %s%s"
                                .formatted(
                                        spec.name(),
                                        spec.type().plainName(),
                                        spec.shape(),
                                        input.type().plainName(),
                                        input.shape()));
            }
            if (input.shape().elements() == 0) {
                throw MillraceException.invalid(
                        "input '%s' of shape %s holds nothing"
                                .formatted(spec.name(), input.shape()));
            }
        }
    }

    private static org.tensorflow.Tensor toTensorFlow(Tensor input) {
        var shape = org.tensorflow.ndarray.Shape.of(input.shape().toArray());
        return switch (input) {
            case Tensor.Numeric(DataType type, Shape _, MemorySegment data) -> {
                var tensor = org.tensorflow.Tensor.of(ElementTypes.tensorClass(type), shape);
                NativeMemory.of(tensor.asRawTensor()).copyFrom(data);
                yield tensor;
            }
            case Tensor.Bytes(Shape _, List<byte[]> values) -> {
                var strings = NdArrays.ofObjects(byte[].class, shape);
                long[] index = {0};
                strings.scalars().forEach(scalar -> scalar.setObject(values.get((int) index[0]++)));
                yield TString.tensorOfBytes(strings);
            }
        };
    }

    private static Tensor fromTensorFlow(DataType type, org.tensorflow.Tensor output) {
        Shape shape = Shape.of(output.shape().asArray());
        if (type == DataType.BYTES) {
            var values = new ArrayList<byte[]>();
            ((TString) output).asBytes().scalars().forEach(s -> values.add(s.getObject()));
            return new Tensor.Bytes(shape, values);
        }
        RawTensor raw = output.asRawTensor();
        long elements = shape.elements();
        if (elements > Integer.MAX_VALUE - 8) {
            throw new MillraceException(
                    ErrorCode.TOO_LARGE, "an output of shape " + shape + " is too large");
        }
        MemorySegment copy = ElementTypes.heapMemory(type, (int) elements);
        if (elements > 0) {
            MemorySegment.copy(NativeMemory.of(raw), 0, copy, 0, copy.byteSize());
        }
        return new Tensor.Numeric(type, shape, copy);
    }

    private Call call(Signature signature) {
        for (Call call : calls) {
            if (call.signature().equals(signature)) {
                return call;
            }
        }
        throw MillraceException.notFound("no signature '" + signature.name() + "'");
    }

    private Call resolve(Binding binding) {
        return new Call(
                binding.signature(),
                binding.inputs().stream().<Output<?>>map(this::output).toList(),
                binding.outputs().stream().<Output<?>>map(this::output).toList());
    }

    /** The graph's tensor of a name such as {@code serve_x:0}. */
    private Output<?> output(String name) {
        int colon = name.lastIndexOf(':');
        String operation = colon < 0 ? name : name.substring(0, colon);
        GraphOperation found = bundle.graph().operation(operation);
        try {
            int index = colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1));
            if (found != null && index < found.numOutputs()) {
                return found.output(index);
            }
        } catch (NumberFormatException e) {
            throw new MillraceException(
                    ErrorCode.INVALID, "a signature names the tensor '" + name + "'", e);
        }
        throw MillraceException.invalid(
                "a signature names the tensor '" + name + "', which the graph does not have");
    }

    /** A signature with the graph's tensors looked up once. */
    private record Call(Signature signature, List<Output<?>> inputs, List<Output<?>> outputs) {}
}
