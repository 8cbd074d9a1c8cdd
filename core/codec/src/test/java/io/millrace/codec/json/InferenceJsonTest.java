package io.millrace.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.codec.json.InferenceRequest.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class InferenceJsonTest {

    private static final Signature MATRIX = one("x", DataType.FP32, Shape.of(-1, 2));
    private static final Signature TWO =
            new Signature(
                    "two",
                    List.of(
                            new TensorSpec("a", DataType.INT64, Shape.of(-1, 2)),
                            new TensorSpec("b", DataType.BYTES, Shape.of(-1))),
                    List.of());

    @Test
    void readsRowsOfOneInput() {
        InferenceRequest request = read(MATRIX, "{\"instances\":[[1.5,2],[-3e-1,4]]}");
        assertThat(request.layout()).isEqualTo(Layout.ROWS);
        assertThat(request.inputs().getFirst().shape()).isEqualTo(Shape.of(2, 2));
        assertThat(floats(request)).containsExactly(1.5f, 2f, -0.3f, 4f);
    }

    @Test
    void readsRowsNamedByTheOneInput() {
        assertThat(floats(read(MATRIX, "{\"instances\":[{\"x\":[1,2]},{\"x\":[3,4]}]}")))
                .containsExactly(1f, 2f, 3f, 4f);
    }

    @Test
    void readsRowsAndColumnsOfSeveralInputs() {
        for (String body :
                List.of(
                        "{\"instances\":[{\"a\":[1,2],\"b\":\"x\"},{\"b\":{\"b64\":\"/w==\"},\"a\":[3,9007199254740993]}]}",
                        "{\"inputs\":{\"b\":[\"x\",{\"b64\":\"/w==\"}],\"a\":[[1,2],[3,9007199254740993]]}}")) {
            InferenceRequest request = read(TWO, body);
            var a = (Tensor.Numeric) request.inputs().get(0);
            assertThat(a.data().toArray(ValueLayout.JAVA_LONG))
                    .containsExactly(1, 2, 3, 9007199254740993L);
            var b = (Tensor.Bytes) request.inputs().get(1);
            assertThat(b.values().get(0)).isEqualTo("x".getBytes(StandardCharsets.UTF_8));
            assertThat(b.values().get(1)).isEqualTo(new byte[] {(byte) 0xff});
        }
    }

    @Test
    void readsColumnsOfOneInputAndScalars() {
        InferenceRequest request = read(MATRIX, "{\"inputs\":[[1,2]]}");
        assertThat(request.layout()).isEqualTo(Layout.COLUMNS);
        assertThat(floats(request)).containsExactly(1f, 2f);
        Signature scalar = one("s", DataType.FP32, Shape.of());
        assertThat(floats(read(scalar, "{\"inputs\":7}"))).containsExactly(7f);
        assertThat(floats(read(scalar, "{\"inputs\":{\"s\":7}}"))).containsExactly(7f);
    }

    @Test
    void readsByteStringsAsRowsAndAsColumn() {
        Signature bytes = one("b", DataType.BYTES, Shape.of(-1));
        for (String body :
                List.of(
                        "{\"instances\":[{\"b64\":\"aGk=\"},\"yo\"]}",
                        "{\"inputs\":[{\"b64\":\"aGk=\"},\"yo\"]}",
                        "{\"instances\":[{\"b\":{\"b64\":\"aGk=\"}},{\"b\":\"yo\"}]}")) {
            var tensor = (Tensor.Bytes) read(bytes, body).inputs().getFirst();
            assertThat(tensor.values().stream().map(v -> new String(v, StandardCharsets.UTF_8)))
                    .containsExactly("hi", "yo");
        }
    }

    @Test
    void acceptsNotANumberAndInfinity() {
        assertThat(floats(read(MATRIX, "{\"instances\":[[NaN,Infinity],[-Infinity,0]]}")))
                .containsExactly(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f);
    }

    @Test
    void goesByTheSignatureEvenWhenItIsNamedLast() {
        Signature other = new Signature("other", TWO.inputs().subList(0, 1), List.of());
        SignatureLookup lookup = name -> name.isEmpty() ? MATRIX : other;
        var late =
                InferenceJson.read(
                        utf8("{\"instances\":[[1,2]],\"signature_name\":\"other\"}"), lookup);
        assertThat(late.signature()).isEqualTo(other);
        assertThat(late.inputs().getFirst().type()).isEqualTo(DataType.INT64);
        // Does not even fit the default.
        Signature three = one("x", DataType.FP32, Shape.of(-1, 3));
        SignatureLookup strict = name -> name.isEmpty() ? MATRIX : three;
        assertThat(
                        InferenceJson.read(
                                        utf8("{\"inputs\":[[1,2,3]],\"signature_name\":\"t\"}"),
                                        strict)
                                .signature())
                .isEqualTo(three);
    }

    @Test
    void ignoresWhatIsMeantForOthers() {
        assertThat(floats(read(MATRIX, "{\"id\":1,\"meta\":{\"a\":[1,{}]},\"instances\":[[1,2]]}")))
                .containsExactly(1f, 2f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"instances\":[[1,2,3]]}|expected float32[-1,2], received [1,3]",
                "{\"instances\":[[1,2],[1,2,3]]}|lengths or depths differ",
                "{\"instances\":[[1,2],[1]]}|lengths or depths differ",
                "{\"instances\":[1,2]}|received [2]",
                "{\"instances\":[[[1,2]]]}|received [1,1,2]",
                "{\"instances\":[[1,[2]]]}|lengths or depths differ",
                "{\"instances\":[{\"x\":[1,2,3]}]}|row 0 of float32[-1,2] received [3]",
                "{\"instances\":[{\"y\":[1,2]}]}|no input 'y'; the signature has [x]",
                "{\"instances\":[{\"x\":[1,2],\"x\":[1,2]}]}|twice",
                "{\"instances\":[{}]}|row 0 lacks ['x']",
                "{\"instances\":{}}|must be a list",
                "{\"instances\":7}|must be a list",
                "{\"instances\":[]}|is empty",
                "{\"instances\":[[1,\"2\"]]}|expected float32, received a string",
                "{\"instances\":[[1,null]]}|received null",
                "{\"instances\":[[1,true]]}|received a boolean",
                "{\"instances\":[[1,1e39]]}|does not fit into float32",
                "{\"instances\":[[1,2]],\"inputs\":[[1,2]]}|not both",
                "{\"instances\":[[1,2]],\"instances\":[[1,2]]}|there twice",
                "{\"inputs\":{}}|is missing",
                "{\"inputs\":{\"x\":[[1,2]],\"x\":[[1,2]]}}|there twice",
                "{}|needs 'instances'",
                "[]|must be a JSON object",
                "7|must be a JSON object",
                "''|must be a JSON object",
                "{\"signature_name\":7}|must be a string",
                "{\"instances\":[[1,2]|not valid JSON at line 1",
                "{\"instances\":[[1,2]]} x|not valid JSON",
                "{\"instances\":[[1,2]]} {}|something follows",
                "{\"instances\":[[01,2]]}|not valid JSON",
            })
    void refusesWhatDoesNotFitAndSaysWhy(String body, String says) {
        assertInvalid(() -> read(MATRIX, body), says);
    }

    @ParameterizedTest
    @CsvSource({
        "INT32, 1.5, whole numbers",
        "INT32, 2147483648, does not fit",
        "INT8, 128, does not fit",
        "UINT8, -1, does not fit",
        "UINT64, 18446744073709551616, does not fit",
        "INT64, 9223372036854775808, does not fit",
        "INT64, NaN, whole numbers",
        "INT64, 1e300, whole numbers",
        "BOOL, 1, expected bool",
        "BYTES, 1, expected string"
    })
    void refusesElementsOfTheWrongKind(DataType type, String element, String says) {
        assertInvalid(
                () -> read(one("x", type, Shape.of(-1)), "{\"instances\":[" + element + "]}"),
                says);
    }

    @Test
    void readsEveryType() {
        for (DataType type : DataType.values()) {
            String element =
                    switch (type) {
                        case BOOL -> "true";
                        case BYTES -> "\"t\"";
                        default -> "3.0";
                    };
            Signature signature = one("x", type, Shape.of(-1));
            InferenceRequest request =
                    read(signature, "{\"instances\":[" + element + "," + element + "]}");
            String answer =
                    new String(
                            InferenceJson.write(signature, request.inputs(), Layout.ROWS),
                            StandardCharsets.UTF_8);
            String written = type.isFloat() ? "3.0" : element.replace("3.0", "3");
            assertThat(answer).isEqualTo("{\"predictions\":[" + written + "," + written + "]}");
        }
    }

    @Test
    void keepsUnsignedAndLargeIntegersExact() {
        Signature unsigned = one("x", DataType.UINT64, Shape.of(-1));
        InferenceRequest request = read(unsigned, "{\"instances\":[18446744073709551615]}");
        assertThat(
                        new String(
                                InferenceJson.write(unsigned, request.inputs(), Layout.COLUMNS),
                                StandardCharsets.UTF_8))
                .isEqualTo("{\"outputs\":[18446744073709551615]}");
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 1_000_000})
    void survivesDeepNesting(int depth) {
        assertInvalid(() -> read(MATRIX, "{\"instances\":" + "[".repeat(depth)), "");
        assertInvalid(() -> read(MATRIX, "{\"other\":" + "[".repeat(depth)), "not valid JSON");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"instances\":[[+1,2]]}", "{\"instances\":[[1,2]", "@deep", "@long"})
    void errorsDoNotTellCallersHowToConfigureTheParser(String body) {
        String sent =
                switch (body) {
                    case "@deep" -> "{\"other\":" + "[".repeat(1000);
                    case "@long" -> "{\"instances\":[[1," + "9".repeat(100_000) + "]]}";
                    default -> body;
                };
        assertThatThrownBy(() -> read(MATRIX, sent))
                .hasMessageContaining("not valid JSON")
                .hasMessageNotContainingAny("`", "Source", "start marker");
    }

    @Test
    void survivesLongNumbers() {
        String digits = "9".repeat(400);
        assertInvalid(() -> read(MATRIX, "{\"instances\":[[1," + digits + "]]}"), "does not fit");
        assertThat(floats(read(MATRIX, "{\"instances\":[[1,0." + digits + "]]}")))
                .containsExactly(1f, 1f);
        assertInvalid(
                () -> read(MATRIX, "{\"instances\":[[1," + "9".repeat(100_000) + "]]}"),
                "not valid JSON");
    }

    @Test
    void doublesOverflowAsFloatsDo() {
        Signature doubles = one("x", DataType.FP64, Shape.of(-1));
        assertInvalid(() -> read(doubles, "{\"instances\":[1e309]}"), "1e309 does not fit");
        assertInvalid(() -> read(doubles, "{\"instances\":[" + "9".repeat(400) + "]}"), "fit");
        read(doubles, "{\"instances\":[1e308,Infinity,-Infinity,NaN]}");
    }

    /** 2^60 + 2^36 + 1 lies just above halfway between two floats: by way of a double, on it. */
    @Test
    void hugeIntegersAreRoundedOnce() {
        long value = (1L << 60) + (1L << 36) + 1;
        for (String text : List.of(value + "", "1" + value + "000")) {
            String body = "{\"instances\":[[" + text + ",1]],\"id\":1}";
            assertThat(floats(read(MATRIX, body))).containsExactly(Float.parseFloat(text), 1f);
        }
    }

    @Test
    void everyTruncationIsInvalidAndNothingElse() {
        String body = "{\"signature_name\":\"s\",\"instances\":[{\"a\":[1,2],\"b\":\"x\"}]}";
        for (int length = 0; length < body.length(); length++) {
            String cut = body.substring(0, length);
            assertInvalid(() -> read(TWO, cut), "");
        }
    }

    @Test
    void writesFloatsAsShortestDecimalsAndNotANumber() {
        Signature signature =
                new Signature(
                        "s",
                        List.of(),
                        List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, 3))));
        var values = new float[] {0.1f, 1e-7f, 0.9756747f, Float.NaN, Float.POSITIVE_INFINITY, 1f};
        String answer =
                new String(
                        InferenceJson.write(
                                signature,
                                List.of(Tensor.ofFloats(Shape.of(2, 3), values)),
                                Layout.ROWS),
                        StandardCharsets.UTF_8);
        assertThat(answer)
                .isEqualTo("{\"predictions\":[[0.1,1.0E-7,0.9756747],[NaN,Infinity,1.0]]}");
    }

    @Test
    void writesSeveralOutputsPerRowAndPerColumn() {
        Signature signature =
                new Signature(
                        "s",
                        List.of(),
                        List.of(
                                new TensorSpec("scores", DataType.FP32, Shape.of(-1, 2)),
                                new TensorSpec("class", DataType.INT64, Shape.of(-1)),
                                new TensorSpec("raw_bytes", DataType.BYTES, Shape.of(-1))));
        List<Tensor> outputs =
                List.of(
                        Tensor.ofFloats(Shape.of(2, 2), new float[] {1, 2, 3, 4}),
                        new Tensor.Numeric(
                                DataType.INT64,
                                Shape.of(2),
                                MemorySegment.ofArray(new long[] {7, 8})),
                        new Tensor.Bytes(Shape.of(2), List.of(utf8("a"), utf8("b"))));
        assertThat(
                        new String(
                                InferenceJson.write(signature, outputs, Layout.ROWS),
                                StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"predictions\":[{\"scores\":[1.0,2.0],\"class\":7,\"raw_bytes\":{\"b64\":\"YQ==\"}},"
                                + "{\"scores\":[3.0,4.0],\"class\":8,\"raw_bytes\":{\"b64\":\"Yg==\"}}]}");
        assertThat(
                        new String(
                                InferenceJson.write(signature, outputs, Layout.COLUMNS),
                                StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"outputs\":{\"scores\":[[1.0,2.0],[3.0,4.0]],\"class\":[7,8],"
                                + "\"raw_bytes\":[{\"b64\":\"YQ==\"},{\"b64\":\"Yg==\"}]}}");
    }

    private static Signature one(String name, DataType type, Shape shape) {
        var spec = new TensorSpec(name, type, shape);
        return new Signature("s", List.of(spec), List.of(spec));
    }

    private static InferenceRequest read(Signature signature, String body) {
        return InferenceJson.read(utf8(body), _ -> signature);
    }

    private static float[] floats(InferenceRequest request) {
        return ((Tensor.Numeric) request.inputs().getFirst())
                .data()
                .toArray(ValueLayout.JAVA_FLOAT);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void assertInvalid(Runnable call, String says) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.INVALID);
                            assertThat(e.text()).contains(says.isEmpty() ? " " : says);
                        });
    }
}
