package io.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.ResourceName;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing.Description;
import io.millrace.spi.ModelServing.VersionState;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

class V2DocumentsTest {

    private static Signature signature(String name, String input) {
        return new Signature(
                name, List.of(new TensorSpec(input, DataType.INT8, Shape.of(-1))), List.of());
    }

    private static String document(Signature... signatures) {
        var model =
                new Description(
                        new ResourceName("m"),
                        List.of(
                                new VersionState(1, true, ""),
                                new VersionState(2, false, "being loaded"),
                                new VersionState(3, true, "")),
                        "onnx",
                        Optional.of(3),
                        List.of(signatures));
        var text = new StringWriter();
        try (JsonGenerator json =
                new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
            V2Documents.model(json, model);
        }
        return text.toString();
    }

    @Test
    void showsTheDefaultSignatureOrElseTheFirst() {
        assertThat(document(signature("a", "x"), signature(Signature.DEFAULT, "y")))
                .isEqualTo(
                        "{\"name\":\"m\",\"versions\":[\"1\",\"3\"],\"platform\":\"onnx_onnxv1\",\"inputs\":[{\"name\":\"y\",\"datatype\":\"INT8\",\"shape\":[-1]}],\"outputs\":[]}");
        assertThat(document(signature("a", "x"), signature("b", "y"))).contains("\"name\":\"x\"");
    }
}
