package io.millrace.codec.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.DecodeSpec;
import io.millrace.api.DecodeSpec.Format;
import io.millrace.api.DecodeSpec.Order;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Six fields with a number each become the series of six that a model takes. */
class ScalarFieldsTest {

    private static final List<String> SIX =
            List.of("norm_1", "norm_2", "norm_3", "norm_4", "norm_5", "norm_6");
    private static final String DOCUMENTED =
            "{\"norm_1\": 0.0740523730112228, \"norm_2\": -0.0031099292378419, \"norm_3\":"
                    + " -0.0802722314869067, \"norm_4\": -0.1574345337359715, \"norm_5\":"
                    + " -0.2345968359850363, \"norm_6\": -0.311759138234101}";
    private static final float[] DOCUMENTED_SERIES = {
        (float) 0.0740523730112228,
        (float) -0.0031099292378419,
        (float) -0.0802722314869067,
        (float) -0.1574345337359715,
        (float) -0.2345968359850363,
        (float) -0.311759138234101
    };

    @Test
    void takesTheDocumentedRequestForAllShapesOfSixNumbers() {
        for (Shape shape :
                List.of(
                        Shape.of(1, 6, 1),
                        Shape.of(-1, 6, 1),
                        Shape.of(-1, 6),
                        Shape.of(-1, 1, 6),
                        Shape.of(1, 6, 1, 1))) {
            PayloadDecoder decoder = decoder(shape, Order.AS_LISTED, false);
            assertThat(decoded(decoder, DOCUMENTED)).as("%s", shape).isEqualTo(DOCUMENTED_SERIES);
        }
    }

    @Test
    void putsTheOldestFirstWhereTheModelWantsThat() {
        float[] turned = decoded(decoder(Shape.of(-1, 6, 1), Order.REVERSED, false), DOCUMENTED);
        for (int i = 0; i < 6; i++) {
            assertThat(turned[5 - i]).isEqualTo(DOCUMENTED_SERIES[i]);
        }
    }

    @Test
    void passesOverOtherKeysAndTakesAnyOrderAndListsOfOne() {
        PayloadDecoder decoder = decoder(Shape.of(-1, 6, 1), Order.AS_LISTED, false);
        assertThat(
                        decoded(
                                decoder,
                                "{\"norm_6\":6,\"start_time\":\"x\",\"norm_5\":[5],\"norm_4\":4.0,"
                                        + "\"x\":{\"norm_1\":7},\"norm_3\":3,\"norm_2\":2,\"norm_1\":1}"))
                .containsExactly(1, 2, 3, 4, 5, 6);
        var map = new LinkedHashMap<String, Object>();
        map.put("norm_1", 1);
        map.put("norm_2", List.of(2));
        map.put("norm_3", 3.0);
        map.put("norm_4", 4f);
        map.put("norm_5", 5L);
        map.put("norm_6", -6);
        PayloadDecoder packed =
                PayloadDecoder.of(
                        new DecodeSpec(Format.MSGPACK, SIX, Optional.empty(), 1),
                        input(Shape.of(-1, 6, 1)));
        byte[] item = new byte[packed.itemBytes()];
        packed.decode(Payloads.packed(map), item, 0);
        assertThat(floats(item)).containsExactly(1, 2, 3, 4, 5, -6);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    '"0.5"' | 0.5
                    '" -0.5  "' | -0.5
                    '"+1e-3"' | 0.001
                    '"1E+5"' | 100000
                    '".5"' | 0.5
                    '"5."' | 5
                    '"1_000.5"' | 1000.5
                    '"-0.311759138234101"' | -0.311759138234101
                    """)
    void takesNumbersWrittenAsText(String value, double expected) {
        PayloadDecoder decoder = decoder(Shape.of(-1, 6, 1), Order.AS_LISTED, true);
        assertThat(decoded(decoder, withThird(value))[2]).isEqualTo((float) expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "abc", "1__0", "_1", "1_", "0x10", "1e", "1f", "1 2", ".", "--1", "e5"
            })
    void refusesTextThatIsNoNumber(String text) {
        PayloadDecoder decoder = decoder(Shape.of(-1, 6, 1), Order.AS_LISTED, true);
        refuses(
                decoder,
                withThird("\"" + text + "\""),
                "field 'norm_3': expected a number, alone or in [], got the text '" + text + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nan", "NaN", "inf", "-Infinity", "1e999"})
    void refusesTextThatIsNoFiniteNumber(String text) {
        PayloadDecoder decoder = decoder(Shape.of(-1, 6, 1), Order.AS_LISTED, true);
        refuses(decoder, withThird("\"" + text + "\""), "which is no finite number");
    }

    @Test
    void saysWhatIsWrongWithARequest() {
        PayloadDecoder decoder = decoder(Shape.of(-1, 6, 1), Order.AS_LISTED, false);
        refuses(decoder, withThird("\"0.5\""), "field 'norm_3': expected a number, alone or in []");
        refuses(decoder, withThird("\"0.5\""), "got text");
        refuses(decoder, withThird("null"), "got nothing (null)");
        refuses(decoder, withThird("[1, 2]"), "expected a number, alone or in [], got 2");
        refuses(decoder, withThird("1e39"), "which float32 cannot hold");
        refuses(decoder, "{\"norm_1\": 1}", "the field 'norm_2' is missing");
        refuses(decoder, "not JSON", "expected an object");
        refuses(decoder, "", "the payload is empty");
        assertThatThrownBy(() -> decoder(Shape.of(-1, 7, 1), Order.AS_LISTED, false))
                .hasMessageContaining("6 fields, but an item of the model's input is 7x1 numbers");
    }

    private static String withThird(String value) {
        return "{\"norm_1\":1,\"norm_2\":2,\"norm_3\":%s,\"norm_4\":4,\"norm_5\":5,\"norm_6\":6}"
                .formatted(value);
    }

    private static PayloadDecoder decoder(Shape shape, Order order, boolean takesText) {
        return PayloadDecoder.of(
                new DecodeSpec(Format.JSON, SIX, Optional.empty(), 1, order, takesText),
                input(shape));
    }

    private static TensorSpec input(Shape shape) {
        return new TensorSpec("x", DataType.FP32, shape);
    }

    private static float[] decoded(PayloadDecoder decoder, String payload) {
        byte[] item = new byte[decoder.itemBytes()];
        decoder.decode(payload.getBytes(StandardCharsets.UTF_8), item, 0);
        return floats(item);
    }

    private static float[] floats(byte[] item) {
        float[] values = new float[item.length / 4];
        ByteBuffer.wrap(item).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    private static void refuses(PayloadDecoder decoder, String payload, String message) {
        byte[] item = new byte[decoder.itemBytes()];
        assertThatThrownBy(() -> decoder.decode(payload.getBytes(StandardCharsets.UTF_8), item, 0))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID))
                .hasMessageContaining(message);
    }
}
