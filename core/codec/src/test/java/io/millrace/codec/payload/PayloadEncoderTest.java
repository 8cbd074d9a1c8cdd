package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.EncodeSpec;
import io.millrace.api.EncodeSpec.Format;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class PayloadEncoderTest {

    private static final TensorSpec SCORES =
            new TensorSpec("scores", DataType.FP32, Shape.of(-1, 3));
    private static final Tensor.Numeric TWO_ITEMS =
            Tensor.ofFloats(Shape.of(2, 3), new float[] {0.5f, 0.5f, 0, 0.9756747f, 0, 9.7e-4f});
    private static final List<String> LABELS = List.of("Bag", "T-shirt \"top\"", "Coat");

    @Test
    void givesTheLargestWithLabelAndConfidence() {
        assertThat(encoded(new EncodeSpec(Format.JSON, LABELS, 1, List.of()), 1))
                .isEqualTo("{\"label\":\"Bag\",\"index\":0,\"confidence\":0.9756747}");
        assertThat(encoded(new EncodeSpec(Format.JSON, List.of(), 1, List.of()), 0))
                .isEqualTo("{\"index\":0,\"confidence\":0.5}");
    }

    @Test
    void ranksSeveral() {
        assertThat(encoded(new EncodeSpec(Format.JSON, LABELS, 2, List.of()), 0))
                .isEqualTo(
                        "{\"top\":[{\"label\":\"Bag\",\"index\":0,\"confidence\":0.5},"
                                + "{\"label\":\"T-shirt \\\"top\\\"\",\"index\":1,\"confidence\":0.5}]}");
        assertThat(encoded(new EncodeSpec(Format.JSON, List.of(), 9, List.of()), 1))
                .contains("\"index\":0", "{\"index\":2,\"confidence\":9.7E-4}", "\"index\":1");
    }

    @Test
    void givesPlainNumbersInTheShapeOfTheItem() {
        EncodeSpec plain = new EncodeSpec(Format.JSON, List.of(), 0, List.of());
        assertThat(encoded(plain, 1)).isEqualTo("{\"predictions\":[0.9756747,0.0,9.7E-4]}");
        Tensor.Numeric square = Tensor.ofFloats(Shape.of(1, 2, 2), new float[] {1, 2, 3, 4.25f});
        var encoder = encoder(plain, new TensorSpec("s", DataType.FP32, Shape.of(-1, 2, 2)));
        assertThat(text(encoder.encode(new byte[0], square, 0)))
                .isEqualTo("{\"predictions\":[[1.0,2.0],[3.0,4.25]]}");
        Tensor.Numeric scalars = Tensor.ofFloats(Shape.of(2), new float[] {1, 2});
        encoder = encoder(plain, new TensorSpec("s", DataType.FP32, Shape.of(-1)));
        assertThat(text(encoder.encode(new byte[0], scalars, 1)))
                .isEqualTo("{\"predictions\":[2.0]}");
    }

    @Test
    void putsEchoedFieldsFirst() {
        var map = new LinkedHashMap<String, Object>();
        map.put("image", List.of(1, 2));
        map.put("id", "a\"\n\u00e9");
        map.put("meta", List.of(1.5, true, new byte[] {1, 2}, 4_000_000_000L, -7));
        EncodeSpec spec = new EncodeSpec(Format.JSON, List.of(), 1, List.of("meta", "id", "none"));
        assertThat(text(encoder(spec, SCORES).encode(Payloads.packed(map), TWO_ITEMS, 0)))
                .isEqualTo(
                        "{\"id\":\"a\\\"\\n\u00e9\",\"meta\":[1.5,true,\"AQI=\",4000000000,-7],"
                                + "\"index\":0,\"confidence\":0.5}");
        var fromJson = PayloadEncoder.of(spec, DecodeSpec.Format.JSON, SCORES);
        byte[] json = "{ \"id\" : {\"x\":[1, 2]} , \"image\":[]}".getBytes(StandardCharsets.UTF_8);
        assertThat(text(fromJson.encode(json, TWO_ITEMS, 0)))
                .isEqualTo("{\"id\":{\"x\":[1, 2]},\"index\":0,\"confidence\":0.5}");
    }

    @Test
    void formatsWithoutFieldsHaveNothingToEcho() {
        EncodeSpec spec = new EncodeSpec(Format.JSON, List.of(), 1, List.of("id"));
        for (DecodeSpec.Format input :
                List.of(DecodeSpec.Format.IMAGE, DecodeSpec.Format.RAW, DecodeSpec.Format.AVRO)) {
            assertThatThrownBy(() -> PayloadEncoder.of(spec, input, SCORES))
                    .hasMessage(
                            "echo needs fields, and "
                                    + input.name().toLowerCase(Locale.ROOT)
                                    + " payloads have none");
        }
    }

    @Test
    void writesRawNumbersOfTheItemOnly() {
        EncodeSpec spec = new EncodeSpec(Format.RAW, List.of(), 0, List.of());
        byte[] raw = encoder(spec, SCORES).encode(new byte[0], TWO_ITEMS, 0);
        assertThat(raw).hasSize(12).startsWith(0, 0, 0, 0x3f);
    }

    @Test
    void refusesLabelsOfAnotherCountAndAnswersThatAreNoNumbers() {
        EncodeSpec spec = new EncodeSpec(Format.JSON, List.of("a"), 1, List.of());
        assertThatThrownBy(() -> encoder(spec, SCORES))
                .hasMessageContaining("1 labels")
                .hasMessageContaining("3 numbers");
        Tensor.Numeric broken = Tensor.ofFloats(Shape.of(1, 3), new float[] {1, Float.NaN, 2});
        EncodeSpec top = new EncodeSpec(Format.JSON, List.of(), 1, List.of());
        assertThatThrownBy(() -> encoder(top, SCORES).encode(new byte[0], broken, 0))
                .hasMessageContaining("the model answered NaN");
    }

    private static String encoded(EncodeSpec spec, int item) {
        return text(encoder(spec, SCORES).encode(new byte[0], TWO_ITEMS, item));
    }

    private static PayloadEncoder encoder(EncodeSpec spec, TensorSpec output) {
        return PayloadEncoder.of(spec, DecodeSpec.Format.MSGPACK, output);
    }

    private static String text(byte[] encoded) {
        return new String(encoded, StandardCharsets.UTF_8);
    }
}
