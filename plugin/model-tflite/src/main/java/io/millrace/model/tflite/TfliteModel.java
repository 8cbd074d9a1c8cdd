package io.millrace.model.tflite;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import java.util.List;

/** A model in memory. Calls may overlap: each has an interpreter of its own while it runs. */
final class TfliteModel implements LoadedModel {

    private final List<Binding> bindings;
    private final List<Signature> signatures;
    private final LanePool lanes;

    TfliteModel(List<Binding> bindings, LanePool lanes) {
        this.bindings = List.copyOf(bindings);
        this.signatures = bindings.stream().map(Binding::signature).toList();
        this.lanes = lanes;
    }

    @Override
    public List<Signature> signatures() {
        return signatures;
    }

    @Override
    public List<Tensor> run(Signature signature, List<Tensor> inputs) {
        Binding binding = binding(signature);
        check(signature, inputs);
        Lane lane = lanes.take(binding, inputs);
        boolean mayBeUsedAgain = false;
        try {
            List<Tensor> outputs = lane.run(inputs);
            mayBeUsedAgain = binding.between() != Binding.Between.REBUILD;
            return outputs;
        } finally {
            lanes.giveBack(lane, mayBeUsedAgain);
        }
    }

    @Override
    public void close() {
        lanes.close();
    }

    /** The memory of a tensor is as large as its shape says, and nothing native looks again. */
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

    private Binding binding(Signature signature) {
        for (Binding binding : bindings) {
            if (binding.signature().equals(signature)) {
                return binding;
            }
        }
        throw MillraceException.notFound("no signature '" + signature.name() + "'");
    }
}
