package io.millrace.codec.json;

import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.json.OpenInferenceRequest.Output;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request as it was written, before it is known whether it fits the model. */
final class OpenInferenceDraft {

    private final List<ReceivedInput> inputs = new ArrayList<>();
    private final List<Asked> outputs = new ArrayList<>();
    private boolean hasInputs;
    private boolean hasOutputs;
    private boolean isBinaryByDefault;
    private String id = "";
    private String signatureName = "";
    private long timeoutMicros;

    private record Asked(String name, @Nullable Boolean isBinary) {}

    List<ReceivedInput> inputs() {
        return inputs;
    }

    void id(String value) {
        id = value;
    }

    void signatureName(String value) {
        signatureName = value;
    }

    void timeoutMicros(long value) {
        timeoutMicros = value;
    }

    void binaryByDefault(boolean value) {
        isBinaryByDefault = value;
    }

    void beginInputs() {
        if (hasInputs) {
            throw MillraceException.invalid("'inputs' is there twice");
        }
        hasInputs = true;
    }

    void beginOutputs() {
        if (hasOutputs) {
            throw MillraceException.invalid("'outputs' is there twice");
        }
        hasOutputs = true;
    }

    void output(String name, @Nullable Boolean isBinary) {
        for (Asked asked : outputs) {
            if (asked.name().equals(name)) {
                throw MillraceException.invalid("the output '" + name + "' is asked for twice");
            }
        }
        outputs.add(new Asked(name, isBinary));
    }

    /** Puts the inputs into the order of the signature and checks all against it. */
    OpenInferenceRequest resolve(SignatureLookup signatures) {
        if (!hasInputs) {
            throw MillraceException.invalid("the request needs 'inputs'");
        }
        Signature signature = signatures.find(signatureName);
        return new OpenInferenceRequest(
                id, signature, ordered(signature), chosen(signature), timeoutMicros);
    }

    private List<Tensor> ordered(Signature signature) {
        List<TensorSpec> specs = signature.inputs();
        var tensors = new @Nullable Tensor[specs.size()];
        for (ReceivedInput input : inputs) {
            int index = indexOf(specs, input.name());
            if (index < 0) {
                throw MillraceException.invalid(
                        "there is no input '%s'; signature '%s' takes %s"
                                .formatted(input.name(), signature.name(), names(specs)));
            }
            if (tensors[index] != null) {
                throw MillraceException.invalid("input '" + input.name() + "' is there twice");
            }
            check(specs.get(index), input);
            tensors[index] = input.tensor();
        }
        var all = new ArrayList<Tensor>(tensors.length);
        for (Tensor tensor : tensors) {
            if (tensor == null) {
                throw MillraceException.invalid(
                        "the inputs %s are missing; signature '%s' takes %s"
                                .formatted(
                                        missing(specs, tensors), signature.name(), names(specs)));
            }
            all.add(tensor);
        }
        return all;
    }

    private static void check(TensorSpec spec, ReceivedInput input) {
        if (input.type() != spec.type()) {
            throw MillraceException.invalid(
                    "%s: expected datatype %s, got %s"
                            .formatted(
                                    input.label(),
                                    spec.type().protocolName(),
                                    input.type().protocolName()));
        }
        if (!spec.shape().accepts(input.shape())) {
            throw MillraceException.invalid(
                    "%s: expected shape %s, got %s"
                            .formatted(input.label(), spec.shape(), input.shape()));
        }
    }

    private List<Output> chosen(Signature signature) {
        var chosen = new ArrayList<Output>();
        if (outputs.isEmpty()) {
            for (TensorSpec spec : signature.outputs()) {
                chosen.add(output(spec, isBinaryByDefault));
            }
            return chosen;
        }
        for (Asked asked : outputs) {
            int index = indexOf(signature.outputs(), asked.name());
            if (index < 0) {
                throw MillraceException.invalid(
                        "there is no output '%s'; signature '%s' gives %s"
                                .formatted(
                                        asked.name(),
                                        signature.name(),
                                        names(signature.outputs())));
            }
            chosen.add(
                    output(
                            signature.outputs().get(index),
                            asked.isBinary() == null ? isBinaryByDefault : asked.isBinary()));
        }
        return chosen;
    }

    private static Output output(TensorSpec spec, boolean isBinary) {
        if (!isBinary && (spec.type() == DataType.FP16 || spec.type() == DataType.BF16)) {
            throw MillraceException.invalid(
                    "output '%s' is %s, which cannot be JSON data; ask for it with the parameter \"binary_data\": true"
                            .formatted(spec.name(), spec.type().protocolName()));
        }
        return new Output(spec.name(), isBinary);
    }

    static int indexOf(List<TensorSpec> specs, String name) {
        for (int i = 0; i < specs.size(); i++) {
            if (specs.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private static List<String> names(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::name).toList();
    }

    private static List<String> missing(List<TensorSpec> specs, @Nullable Tensor[] tensors) {
        var names = new ArrayList<String>();
        for (int i = 0; i < tensors.length; i++) {
            if (tensors[i] == null) {
                names.add(specs.get(i).name());
            }
        }
        return names;
    }
}
