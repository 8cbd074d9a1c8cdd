package io.millrace.inference.http;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** What the Open Inference Protocol tells about the server and its models. */
final class V2Documents {

    private static final String PROTOCOL_VERSION = "1.0";

    private V2Documents() {}

    static void server(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("name", "millrace");
        json.writeStringProperty("version", PROTOCOL_VERSION);
        json.writeArrayPropertyStart("extensions");
        json.writeString("binary_tensor_data");
        json.writeString("model_repository");
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Its versions are those that can be called. */
    static void model(JsonGenerator json, Description model) {
        Signature signature = shown(model.signatures());
        json.writeStartObject();
        json.writeStringProperty("name", model.model().value());
        json.writeArrayPropertyStart("versions");
        for (VersionState version : model.versions()) {
            if (version.isReady()) {
                json.writeString(Integer.toString(version.version()));
            }
        }
        json.writeEndArray();
        json.writeStringProperty("platform", platform(model.framework()));
        tensors(json, "inputs", signature.inputs());
        tensors(json, "outputs", signature.outputs());
        json.writeEndObject();
    }

    /** The one that is meant when none is named; where all must be named, the first. */
    private static Signature shown(List<Signature> signatures) {
        for (Signature signature : signatures) {
            if (signature.name().equals(Signature.DEFAULT)) {
                return signature;
            }
        }
        if (signatures.isEmpty()) {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the model has no signature yet");
        }
        return signatures.getFirst();
    }

    /** The protocol's names for what models are made with. */
    static String platform(String framework) {
        return switch (framework) {
            case "tensorflow", "keras" -> "tensorflow_savedmodel"; // Keras files are converted
            case "onnx" -> "onnx_onnxv1";
            case "tflite" -> "tensorflow_lite";
            default -> framework;
        };
    }

    private static void tensors(JsonGenerator json, String name, List<TensorSpec> specs) {
        json.writeArrayPropertyStart(name);
        for (TensorSpec spec : specs) {
            json.writeStartObject();
            json.writeStringProperty("name", spec.name());
            json.writeStringProperty("datatype", spec.type().protocolName());
            json.writeArrayPropertyStart("shape");
            for (int axis = 0; axis < spec.shape().rank(); axis++) {
                json.writeNumber(spec.shape().extent(axis));
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static void index(JsonGenerator json, List<Description> models, boolean onlyReady) {
        json.writeStartArray();
        for (Description model : models) {
            for (VersionState version : model.versions()) {
                if (version.isReady() || !onlyReady) {
                    json.writeStartObject();
                    json.writeStringProperty("name", model.model().value());
                    json.writeStringProperty("version", Integer.toString(version.version()));
                    json.writeStringProperty("state", version.isReady() ? "READY" : "UNAVAILABLE");
                    json.writeStringProperty("reason", version.isReady() ? "" : version.message());
                    json.writeEndObject();
                }
            }
        }
        json.writeEndArray();
    }
}
