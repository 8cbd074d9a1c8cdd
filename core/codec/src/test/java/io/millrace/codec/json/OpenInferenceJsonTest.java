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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenInferenceJsonTest {

    private static final Signature PAIR =
            new Signature(
                    "s",
                    List.of(
                            new TensorSpec("x", DataType.FP32, Shape.of(-1, 2)),
                            new TensorSpec("n", DataType.INT64, Shape.of(-1))),
                    List.of(
                            new TensorSpec("y", DataType.FP32, Shape.of(-1, 2)),
                            new TensorSpec("h", DataType.FP16, Shape.of(-1)),
                            new TensorSpec("t", DataType.BYTES, Shape.of(-1))));

    private static final String X =
            "{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}";
    private static final String N =
            "{\"name\":\"n\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[7]}";
    private static final String ASK_Y = "\"outputs\":[{\"name\":\"y\"}]";

    private static OpenInferenceRequest read(String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        return OpenInferenceJson.read(body, body.length, _ -> PAIR);
    }

    private static OpenInferenceRequest read(Signature signature, String json, byte... raw) {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(head, head.length + raw.length);
        System.arraycopy(raw, 0, body, head.length, raw.length);
        return OpenInferenceJson.read(body, head.length, _ -> signature);
    }

    /** One input and one output of a type. */
    private static Signature echo(DataType type) {
        return new Signature(
                "echo",
                List.of(new TensorSpec("x", type, Shape.of(-1))),
                List.of(new TensorSpec("x", type, Shape.of(-1))));
    }

    private static String input(DataType type, int count, String rest) {
        return "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"x\",\"shape\":[%d],\"datatype\":\"%s\",%s}]}"
                .formatted(count, type.protocolName(), rest);
    }

    private static float[] floats(Tensor tensor) {
        var numeric = (Tensor.Numeric) tensor;
        var values = new float[(int) numeric.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = numeric.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
        }
        return values;
    }

    @Test
    void findsInputsByNameInAnyOrder() {
        for (String inputs : List.of(X + "," + N, N + "," + X)) {
            var request = read("{" + ASK_Y + ",\"inputs\":[" + inputs + "]}");
            assertThat(floats(request.inputs().getFirst())).containsExactly(1, 2, 3, 4);
            assertThat(request.inputs().get(1).type()).isEqualTo(DataType.INT64);
            assertThat(request.outputs())
                    .containsExactly(new OpenInferenceRequest.Output("y", false));
            assertThat(request.id()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[1,2,3,4]",
                "[[1,2],[3,4]]",
                "[ 1.0 , 2e0,\n3,4.000]",
            })
    void takesFlatAndNestedDataWhereverItStands(String data) {
        for (String x :
                List.of(
                        X.replace("[1,2,3,4]", data),
                        "{\"data\":"
                                + data
                                + ",\"zzz\":[{\"a\":[1]}],\"datatype\":\"FP32\",\"shape\":[2,2],\"name\":\"x\"}")) {
            var request = read("{\"inputs\":[" + x + "," + N + "]," + ASK_Y + "}");
            assertThat(floats(request.inputs().getFirst())).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void readsWhatStandsBesideTheTensors() {
        var request =
                read(
                        "{\"id\":\"a b\",\"parameters\":{\"timeout\":1500,\"priority\":3,\"note\":\"x\",\"deep\":{\"a\":[1]},\"binary_data_output\":true},"
                                + "\"inputs\":["
                                + X
                                + ","
                                + N
                                + "],\"outputs\":[{\"name\":\"t\"},{\"name\":\"y\",\"parameters\":{\"binary_data\":false,\"other\":1}}]}");
        assertThat(request.id()).isEqualTo("a b");
        assertThat(request.timeoutMicros()).isEqualTo(1500);
        assertThat(request.outputs())
                .containsExactly(
                        new OpenInferenceRequest.Output("t", true),
                        new OpenInferenceRequest.Output("y", false));
        var nulls =
                read(
                        "{\"id\":null,\"parameters\":null,\"inputs\":["
                                + X.replace("}", ",\"parameters\":null}")
                                + ","
                                + N
                                + "],\"outputs\":[{\"name\":\"y\",\"parameters\":null}]}");
        assertThat(nulls.id()).isEmpty();
    }

    @Test
    void asksTheLookupForTheNamedSignatureWhereverItIsNamed() {
        var asked = new ArrayList<String>();
        for (String body :
                List.of(
                        "{\"parameters\":{\"signature_name\":\"s\"},\"inputs\":["
                                + X
                                + ","
                                + N
                                + "],"
                                + ASK_Y
                                + "}",
                        "{"
                                + ASK_Y
                                + ",\"inputs\":["
                                + X
                                + ","
                                + N
                                + "],\"parameters\":{\"signature_name\":\"s\"}}",
                        "{" + ASK_Y + ",\"inputs\":[" + X + "," + N + "]}")) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            OpenInferenceJson.read(
                    bytes,
                    bytes.length,
                    name -> {
                        asked.add(name);
                        return PAIR;
                    });
        }
        assertThat(asked).containsExactly("s", "s", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|the request needs 'inputs'",
                "[]|must be a JSON object",
                "``|must be a JSON object",
                "{\"inputs\":[]}|the inputs [x, n] are missing; signature 's' takes [x, n]",
                "{\"inputs\":[@X]}|the inputs [n] are missing",
                "{\"inputs\":[@X,@N,@X]}|input 'x' is there twice",
                "{\"inputs\":[@X,@N],\"inputs\":[]}|'inputs' is there twice",
                "{\"inputs\":{}}|'inputs' must be a list",
                "{\"inputs\":[1]}|each of 'inputs' must be an object",
                "{\"inputs\":[@X,{\"name\":\"z\",\"shape\":[1],\"datatype\":\"BOOL\",\"data\":[true]}]}|there is no input 'z'; signature 's' takes [x, n]",
                "{\"inputs\":[{\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}|input 0 lacks 'name'",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"data\":[1]}]}|input 'x' lacks 'shape'",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"data\":[1]}]}|input 'x' lacks 'datatype'",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\"}]}|input 'x' has neither 'data'",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":null}]}|input 'x' has neither 'data'",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"fp32\",\"data\":[1]}]}|unknown datatype 'fp32'",
                "{\"inputs\":[{\"name\":7}]}|must be a string",
                "{\"inputs\":[{\"name\":\"x\",\"name\":\"x\"}]}|has 'name' twice",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[-1],\"datatype\":\"FP32\",\"data\":[1]}]}|must be a whole number, 0 or more, got -1",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1.5],\"datatype\":\"FP32\",\"data\":[1]}]}|must be a whole number, 0 or more, got 1.5",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[3000000000,4000000000,2],\"datatype\":\"FP32\",\"data\":[1]}]}|more elements than can be counted",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1073741824,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}|expected 2147483648 elements for shape [1073741824,2], got 2",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}|expected 4 elements for shape [2,2], got 3",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5,6]}]}|expected 4 elements for shape [2,2], got 6",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[[1,2],[3,4]]}]}|lists of 4 values on axis 1 of shape [1,4], got one of 2",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[[1,2],[3]]}]}|got one of 1",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[4],\"datatype\":\"FP32\",\"data\":[[1],[2]]}]}|a list deeper than that",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2,2],\"datatype\":\"FP32\",\"data\":[[1,2],[3,4]]}]}|a value less deep than that",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1,[2]]}]}|mixes values and lists",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":7}]}|'data' must be a list",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[NaN]}]}|not valid JSON",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[\"1\"]}]}|expected float32, received a string",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1e40]}]}|does not fit into float32",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BOOL\",\"data\":[1]}]}|expected bool, received a number",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[256]}]}|256 does not fit into uint8",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1.5]}]}|expected whole numbers",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT64\",\"data\":[18446744073709551616]}]}|does not fit into uint64",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[{\"b64\":\"AA==\"}]}]}|received an object",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP16\",\"data\":[1]}]}|FP16, which cannot be JSON data",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"BF16\",\"data\":[1]}]}|BF16, which cannot be JSON data",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP64\",\"data\":[1,2,3,4]},@N]}|expected datatype FP32, got FP64",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]},@N]}|expected shape [-1,2], got [4]",
                "{\"inputs\":[@X,@N]}|output 'h' is FP16, which cannot be JSON data; ask for it with",
                "{\"inputs\":[@X,@N],\"outputs\":[{\"name\":\"q\"}]}|there is no output 'q'; signature 's' gives [y, h, t]",
                "{\"inputs\":[@X,@N],\"outputs\":[{\"name\":\"y\"},{\"name\":\"y\"}]}|the output 'y' is asked for twice",
                "{\"inputs\":[@X,@N],\"outputs\":[{}]}|one of 'outputs' lacks 'name'",
                "{\"inputs\":[@X,@N],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":1}}]}|'binary_data' must be true or false",
                "{\"inputs\":[@X,@N],\"parameters\":[]}|'parameters' must be an object",
                "{\"inputs\":[@X,@N],\"parameters\":{\"timeout\":-1}}|'timeout' must be a whole number",
                "{\"id\":5,\"inputs\":[@X,@N]}|'id' must be a string",
                "{\"inputs\":[@X,@N],@Y} x|not valid JSON",
                "{\"inputs\":[@X,@N],@Y} {}|something follows",
                "{\"inputs\":[@X,@N]|not valid JSON",
            })
    void saysWhatWasExpectedAndWhatCame(String body, String says) {
        String json = body.replace("@X", X).replace("@N", N).replace("@Y", ASK_Y);
        assertThatThrownBy(() -> read(json))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).as(e.text()).isEqualTo(ErrorCode.INVALID))
                .hasMessageContaining(says);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"inputs\":[{\"name\":\"x\",\"parameters\":{\"shared_memory_region\":\"r\"}}]}|shared memory",
                "{\"outputs\":[{\"name\":\"y\",\"parameters\":{\"classification\":3}}]}|classification",
            })
    void refusesExtensionsThatItDoesNotHave(String body, String says) {
        assertThatThrownBy(() -> read(body))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED))
                .hasMessageContaining(says);
    }

    @Test
    void refusesOtherEncodingsThanUtf8() {
        byte[] wide = ("{\"inputs\":[" + X + "]}").getBytes(StandardCharsets.UTF_16LE);
        assertThatThrownBy(() -> OpenInferenceJson.read(wide, wide.length, _ -> PAIR))
                .hasMessageContaining("UTF-8");
        String mark = "\ufeff";
        String dataFirst = X.replace("{\"name\":\"x\",", "{").replace("]}", "],\"name\":\"x\"}");
        assertThat(
                        floats(
                                read(mark
                                                + "{\"inputs\":["
                                                + dataFirst
                                                + ","
                                                + N
                                                + "],"
                                                + ASK_Y
                                                + "}")
                                        .inputs()
                                        .getFirst()))
                .containsExactly(1, 2, 3, 4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "BOOL|true,false|0100",
                "UINT8|0,255|00ff",
                "INT8|-128,127|807f",
                "UINT16|65535,1|ffff0100",
                "INT16|-2,1|feff0100",
                "UINT32|4294967295,1|ffffffff01000000",
                "INT32|-2147483648,1|0000008001000000",
                "UINT64|18446744073709551615,9007199254740993|ffffffffffffffff0100000000002000",
                "INT64|-9223372036854775808,9007199254740993|00000000000000800100000000002000",
                "FP32|0.1,-1|cdcccc3d000080bf",
                "FP32|-0.0,1.4E-45|0000008001000000",
                "FP64|0.1,-1|9a9999999999b93f000000000000f0bf",
                "BYTES|\"ab\",\"\"|02000000616200000000",
            })
    void jsonAndBinaryAreTheSameTensorBothWays(DataType type, String data, String hex) {
        byte[] raw = HexFormat.of().parseHex(hex);
        var fromJson = read(echo(type), input(type, 2, "\"data\":[" + data + "]"));
        var fromBinary =
                read(
                        echo(type),
                        input(type, 2, "\"parameters\":{\"binary_data_size\":" + raw.length + "}"),
                        raw);
        for (var request : List.of(fromJson, fromBinary)) {
            var result = new OpenInferenceResult("m", 3, "i", echo(type), request.inputs());
            var binary = OpenInferenceJson.write(result, request.outputs());
            assertThat(Arrays.copyOfRange(binary.body(), binary.jsonLength(), binary.body().length))
                    .isEqualTo(raw);
            var json =
                    OpenInferenceJson.write(
                            result, List.of(new OpenInferenceRequest.Output("x", false)));
            assertThat(json.isBinary()).isFalse();
            assertThat(new String(json.body(), StandardCharsets.UTF_8))
                    .isEqualTo(
                            "{\"model_name\":\"m\",\"model_version\":\"3\",\"id\":\"i\",\"outputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"%s\",\"data\":[%s]}]}"
                                    .formatted(
                                            type.protocolName(),
                                            type.isFloat() ? data.replace("-1", "-1.0") : data));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FP16", "BF16"})
    void halfFloatsAreBinaryOnly(DataType type) {
        byte[] raw = {0, 0x3c, 0, 0x40};
        var request =
                read(echo(type), input(type, 2, "\"parameters\":{\"binary_data_size\":4}"), raw);
        var result = new OpenInferenceResult("m", 1, "i", echo(type), request.inputs());
        byte[] body = OpenInferenceJson.write(result, request.outputs()).body();
        assertThat(Arrays.copyOfRange(body, body.length - 4, body.length)).isEqualTo(raw);
    }

    @Test
    void binaryNumbersAreViewsOfTheBody() {
        byte[] json =
                input(DataType.UINT8, 2, "\"parameters\":{\"binary_data_size\":2}")
                        .getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(json, json.length + 2);
        var request = OpenInferenceJson.read(body, json.length, _ -> echo(DataType.UINT8));
        body[json.length + 1] = 9; // only to see whose memory it is
        var tensor = (Tensor.Numeric) request.inputs().getFirst();
        assertThat(tensor.data().get(ValueLayout.JAVA_BYTE, 1)).isEqualTo((byte) 9);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "FP32|2|8|00000000|only 4 bytes are left",
                "FP32|2|4|00000000|FP32 of shape [2] takes 8 bytes, got 4",
                "FP32|1|4|0000000000|5 bytes follow the JSON, but the inputs' binary_data_size add up to 4",
                "FP64|2305843009213693952|8|0000000000000000|takes too many bytes, got 8",
                "BOOL|2|2|0002|a BOOL is the byte 0 or 1, got 2",
                "BYTES|1|3|010000|byte string 0 ends behind",
                "BYTES|1|4|ffffffff|byte string 0 ends behind",
                "BYTES|1|5|0200000061|byte string 0 ends behind",
                "BYTES|2|5|0100000061|expected 2 elements for shape [2], got 1",
                "BYTES|1|9|000000000100000061|expected 1 elements for shape [1], got 2",
                "BYTES|0|4|00000000|expected 0 elements for shape [0], got 1",
            })
    void binarySizesThatLieAreInvalid(
            DataType type, String extent, int size, String hex, String says) {
        String json =
                input(type, 1, "\"parameters\":{\"binary_data_size\":" + size + "}")
                        .replace("[1]", "[" + extent + "]");
        assertThatThrownBy(() -> read(echo(type), json, HexFormat.of().parseHex(hex)))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID))
                .hasMessageContaining(says);
    }

    @Test
    void dataAndBinaryDataExcludeEachOther() {
        assertThatThrownBy(() ->
                        read(
                                echo(DataType.UINT8),
                                input(
                                        DataType.UINT8,
                                        1,
                                        "\"data\":[1],\"parameters\":{\"binary_data_size\":1}"),
                                (byte) 1))
                .hasMessageContaining("has both 'data' and binary_data_size");
    }

    @Test
    void bytesMayComeAndGoAsBase64() {
        for (String rest :
                List.of(
                        "\"data\":[\"/wA=\"],\"parameters\":{\"content_type\":\"base64\"}",
                        "\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"/wA=\"]")) {
            var request = read(echo(DataType.BYTES), input(DataType.BYTES, 1, rest));
            var tensor = (Tensor.Bytes) request.inputs().getFirst();
            assertThat(tensor.values().getFirst()).isEqualTo(new byte[] {-1, 0});
            var answer =
                    OpenInferenceJson.write(
                            new OpenInferenceResult(
                                    "m", 1, "i", echo(DataType.BYTES), List.of(tensor)),
                            List.of(new OpenInferenceRequest.Output("x", false)));
            assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                    .endsWith(
                            "\"datatype\":\"BYTES\",\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"/wA=\"]}]}");
        }
        assertThatThrownBy(() ->
                        read(
                                echo(DataType.BYTES),
                                input(
                                        DataType.BYTES,
                                        1,
                                        "\"data\":[\"*\"],\"parameters\":{\"content_type\":\"base64\"}")))
                .hasMessageContaining("is not base64");
        var plain =
                read(
                        echo(DataType.BYTES),
                        input(
                                DataType.BYTES,
                                1,
                                "\"data\":[\"é\"],\"parameters\":{\"content_type\":\"str\"}"));
        assertThat(((Tensor.Bytes) plain.inputs().getFirst()).values().getFirst())
                .isEqualTo("é".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void scalarsAreListsOfOne() {
        var scalar =
                new Signature(
                        "s",
                        List.of(new TensorSpec("x", DataType.INT32, Shape.of())),
                        List.of(new TensorSpec("y", DataType.INT32, Shape.of())));
        var request =
                read(
                        scalar,
                        "{\"inputs\":[{\"name\":\"x\",\"shape\":[],\"datatype\":\"INT32\",\"data\":[5]}]}");
        assertThat(request.inputs().getFirst().shape().rank()).isZero();
        var answer =
                OpenInferenceJson.write(
                        new OpenInferenceResult("m", 1, "i", scalar, request.inputs()),
                        request.outputs());
        assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                .contains("\"shape\":[],\"datatype\":\"INT32\",\"data\":[5]");
    }

    @Test
    void jsonCannotCarryWhatIsNoNumber() {
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            var tensor =
                    new Tensor.Numeric(
                            DataType.FP64,
                            Shape.of(1),
                            MemorySegment.ofArray(new double[] {value}));
            assertThatThrownBy(() ->
                            OpenInferenceJson.write(
                                    new OpenInferenceResult(
                                            "m", 1, "i", echo(DataType.FP64), List.of(tensor)),
                                    List.of(new OpenInferenceRequest.Output("x", false))))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.USER_CODE))
                    .hasMessageContaining("ask for binary output");
        }
    }
}
