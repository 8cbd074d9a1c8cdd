package io.millrace.inference.http;

import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.protocol.OpenInference;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/** What the Open Inference Protocol tells about the server and its models. */
final class V2Documents {

    private V2Documents() {}

    static void server(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("name", OpenInference.SERVER);
        json.writeStringProperty("version", OpenInference.VERSION);
        json.writeArrayPropertyStart("extensions");
        for (String extension : OpenInference.EXTENSIONS) {
            json.writeString(extension);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** Its versions are those that can be called. */
    static void model(JsonGenerator json, Description model) {
        Signature signature = OpenInference.shown(model.signatures());
        json.writeStartObject();
        json.writeStringProperty("name", model.model().value());
        json.writeArrayPropertyStart("versions");
        for (VersionState version : model.versions()) {
            if (version.isReady()) {
                json.writeString(Integer.toString(version.version()));
            }
        }
        json.writeEndArray();
        json.writeStringProperty("platform", OpenInference.platform(model.framework()));
        tensors(json, "inputs", signature.inputs());
        tensors(json, "outputs", signature.outputs());
        json.writeEndObject();
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
