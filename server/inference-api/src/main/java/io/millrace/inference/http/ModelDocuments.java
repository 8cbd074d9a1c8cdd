package io.millrace.inference.http;

import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** What the protocols tell about models, in JSON. */
final class ModelDocuments {

    private static final String METHOD = "tensorflow/serving/predict";
    private static final String SIGNATURE_TYPE =
            "type.googleapis.com/tensorflow.serving.SignatureDefMap";

    private ModelDocuments() {}

    static void names(JsonGenerator json, List<Description> models) {
        json.writeStartObject();
        json.writeArrayPropertyStart("models");
        models.forEach(model -> json.writeString(model.model().value()));
        json.writeEndArray();
        json.writeEndObject();
    }

    /**
     * The answers of KServe and of TensorFlow Serving in one object.
     *
     * @param only the version that was asked for; empty for all
     * @param problem why it cannot be called; empty when it can
     */
    static void status(
            JsonGenerator json, Description model, Optional<Integer> only, String problem) {
        json.writeStartObject();
        json.writeStringProperty("name", model.model().value());
        json.writeBooleanProperty("ready", problem.isEmpty());
        if (!problem.isEmpty()) {
            json.writeStringProperty("error", problem);
        }
        json.writeArrayPropertyStart("model_version_status");
        for (VersionState version : model.versions()) {
            if (only.isEmpty() || only.get() == version.version()) {
                state(json, version);
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void state(JsonGenerator json, VersionState version) {
        json.writeStartObject();
        json.writeStringProperty("version", Integer.toString(version.version()));
        json.writeStringProperty("state", version.isReady() ? "AVAILABLE" : "LOADING");
        json.writeObjectPropertyStart("status");
        json.writeStringProperty("error_code", version.isReady() ? "OK" : "UNAVAILABLE");
        json.writeStringProperty("error_message", version.message());
        json.writeEndObject();
        json.writeEndObject();
    }

    /** The signatures, as TensorFlow Serving writes its protocol buffers. */
    static void metadata(JsonGenerator json, Description model) {
        json.writeStartObject();
        json.writeObjectPropertyStart("model_spec");
        json.writeStringProperty("name", model.model().value());
        json.writeStringProperty("signature_name", "");
        json.writeStringProperty("version", model.version().map(String::valueOf).orElse(""));
        json.writeEndObject();
        json.writeObjectPropertyStart("metadata");
        json.writeObjectPropertyStart("signature_def");
        json.writeStringProperty("@type", SIGNATURE_TYPE);
        json.writeObjectPropertyStart("signature_def");
        for (Signature signature : model.signatures()) {
            json.writeObjectPropertyStart(signature.name());
            tensors(json, "inputs", signature.inputs());
            tensors(json, "outputs", signature.outputs());
            json.writeStringProperty("method_name", METHOD);
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void tensors(JsonGenerator json, String name, List<TensorSpec> specs) {
        json.writeObjectPropertyStart(name);
        for (TensorSpec spec : specs) {
            json.writeObjectPropertyStart(spec.name());
            json.writeStringProperty("dtype", dtype(spec.type()));
            json.writeObjectPropertyStart("tensor_shape");
            shape(json, spec.shape());
            json.writeEndObject();
            json.writeStringProperty("name", spec.name());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void shape(JsonGenerator json, Shape shape) {
        json.writeArrayPropertyStart("dim");
        for (long extent : shape.toArray()) {
            json.writeStartObject();
            json.writeStringProperty("size", Long.toString(extent));
            json.writeStringProperty("name", "");
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeBooleanProperty("unknown_rank", false);
    }

    private static String dtype(DataType type) {
        return switch (type) {
            case FP16 -> "DT_HALF";
            case BF16 -> "DT_BFLOAT16";
            case FP32 -> "DT_FLOAT";
            case FP64 -> "DT_DOUBLE";
            case BYTES -> "DT_STRING";
            case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 ->
                    "DT_" + type.protocolName();
        };
    }
}
