package io.millrace.model.onnx;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.LoadedModel;
import java.util.List;

/** An ONNX model in memory. Calls may overlap: each has a lane of its own. */
final class OnnxModel implements LoadedModel {

    private final Signature signature;
    private final LanePool lanes;

    OnnxModel(NativeSession session, Signature signature) {
        this.signature = signature;
        this.lanes = new LanePool(session, new Wiring(signature));
    }

    @Override
    public List<Signature> signatures() {
        return List.of(signature);
    }

    @Override
    public List<Tensor> run(Signature wanted, List<Tensor> inputs) {
        if (!wanted.equals(signature)) {
            throw MillraceException.notFound("no signature '" + wanted.name() + "'");
        }
        check(inputs);
        Lane lane = lanes.take(inputs);
        try {
            return lane.run(inputs);
        } catch (OnnxFailure e) {
            throw new MillraceException(ErrorCode.USER_CODE, "the model failed: " + e.text(), e);
        } finally {
            lanes.giveBack(lane);
        }
    }

    /** Native code must never see what the model does not expect. */
    private void check(List<Tensor> inputs) {
        List<TensorSpec> specs = signature.inputs();
        if (inputs.size() != specs.size()) {
            throw MillraceException.invalid(
                    "signature '%s' takes %d inputs, got %d"
                            .formatted(signature.name(), specs.size(), inputs.size()));
        }
        for (int i = 0; i < inputs.size(); i++) {
            check(specs.get(i), inputs.get(i));
        }
    }

    private static void check(TensorSpec spec, Tensor input) {
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
                    "input '%s' of shape %s holds nothing".formatted(spec.name(), input.shape()));
        }
        if (input instanceof Tensor.Bytes bytes) {
            checkTexts(spec, bytes);
        }
    }

    /** ONNX Runtime takes texts up to the first zero. */
    private static void checkTexts(TensorSpec spec, Tensor.Bytes input) {
        for (byte[] text : input.values()) {
            for (byte unit : text) {
                if (unit == 0) {
                    throw MillraceException.invalid(
                            "input '%s' holds a text with a zero byte, which the model cannot take"
                                    .formatted(spec.name()));
                }
            }
        }
    }

    @Override
    public void close() {
        lanes.close();
    }
}
