package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Wrong calls of models over HTTP: each gets the documented status and a text that says what was
 * expected and what came, and the server goes on. gRPC's share is in generated_stubs.py.
 */
@Timeout(120)
class BadRequestsSystemTest {

    private static final int LARGEST_BODY = 1 << 20;
    private static final String V1 = "/v1/models/scaling:predict";
    private static final String V2 = "/v2/models/scaling/infer";

    @TempDir static Path folder;
    private static ServerProcess server;
    private static Curl curl;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        server =
                new ServerProcess(
                                folder.resolve("data"),
                                ServerProcess.Ports.free(),
                                "--http-max-body",
                                LARGEST_BODY / 1024 + "Ki")
                        .start();
        curl = new Curl(server);
        ServingModels.upload(server, "scaling", 1, "onnx", OnnxFile.scaling(2));
        ServingModels.upload(server, "adding", 1, "onnx", OnnxFile.adding());
        ServingModels.upload(server, "unloaded", 1, "onnx", OnnxFile.scaling(3));
        assertThat(server.post("/v2/repository/models/unloaded/unload", "text/plain", "").body())
                .contains("\"unload\":true");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void theServerGoesOn() {
        assertThat(curl.post(V1, "{\"instances\":[[1,2,3]]}").body())
                .isEqualTo("{\"predictions\":[[2.0,4.0,6.0]]}");
    }

    /**
     * One wrong call.
     *
     * @param words what the error has to say
     */
    record Wrong(String name, String path, byte[] body, int status, List<String> words) {
        Wrong(String name, String path, String body, int status, String... words) {
            this(name, path, body.getBytes(StandardCharsets.UTF_8), status, List.of(words));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Wrong> wrongCalls() {
        return Stream.of(v1(), v2(), unknown()).flatMap(List::stream);
    }

    private static List<Wrong> v1() {
        return List.of(
                new Wrong("V1 rank", V1, "{\"instances\":[1,2,3]}", 400, "3", "[3]"),
                new Wrong("V1 shape", V1, "{\"instances\":[[1,2]]}", 400, "3", "2"),
                new Wrong("V1 ragged", V1, "{\"instances\":[[1,2,3],[1,2]]}", 400, "3", "2"),
                new Wrong(
                        "V1 dtype",
                        V1,
                        "{\"instances\":[[\"a\",\"b\",\"c\"]]}",
                        400,
                        "float32",
                        "string"),
                new Wrong(
                        "V1 fraction",
                        "/v1/models/adding:predict",
                        "{\"inputs\":{\"a\":[[1,2]],\"b\":[[1.5,2]]}}",
                        400,
                        "int64",
                        "1.5"),
                new Wrong(
                        "V1 integer too large",
                        "/v1/models/adding:predict",
                        "{\"inputs\":{\"a\":[[1,2]],\"b\":[[9223372036854775808,2]]}}",
                        400,
                        "int64"),
                new Wrong(
                        "V1 input missing",
                        "/v1/models/adding:predict",
                        "{\"inputs\":{\"a\":[[1,2]]}}",
                        400,
                        "b"),
                new Wrong("V1 no input at all", V1, "{}", 400, "instances"),
                new Wrong(
                        "V1 both",
                        V1,
                        "{\"instances\":[[1,2,3]],\"inputs\":[[1,2,3]]}",
                        400,
                        "not both"),
                new Wrong("V1 not a list", V1, "{\"instances\":7}", 400, "instances"),
                new Wrong("V1 truncated", V1, "{\"instances\":[[1,2,3", 400, "JSON", "end"),
                new Wrong("V1 no JSON", V1, "instances", 400, "JSON"),
                new Wrong("V1 empty body", V1, "", 400, "JSON"),
                new Wrong(
                        "V1 trailing", V1, "{\"instances\":[[1,2,3]]}x", 400, "JSON", "column 24"),
                new Wrong("V1 nesting", V1, nested("{\"instances\":"), 400, "nesting"),
                new Wrong("V1 nesting elsewhere", V1, nested("{\"else\":"), 400, "nesting"),
                new Wrong("V1 zero rows", V1, "{\"instances\":[]}", 400, "empty"),
                new Wrong("V1 too large", V1, " ".repeat(LARGEST_BODY + 1), 413, "1Mi"));
    }

    private static List<Wrong> v2() {
        return List.of(
                new Wrong("V2 rank", V2, v2("FP32", "[3]", "[1,2,3]"), 400, "x", "[3]"),
                new Wrong("V2 shape", V2, v2("FP32", "[1,2]", "[1,2]"), 400, "x", "3", "[1,2]"),
                new Wrong("V2 count", V2, v2("FP32", "[1,3]", "[1,2]"), 400, "x", "3", "2"),
                new Wrong("V2 dtype", V2, v2("INT64", "[1,3]", "[1,2,3]"), 400, "FP32", "INT64"),
                new Wrong("V2 unknown dtype", V2, v2("FP33", "[1,3]", "[1,2,3]"), 400, "FP33"),
                new Wrong("V2 texts", V2, v2("FP32", "[1,3]", "[\"1\",\"2\",\"3\"]"), 400, "x"),
                new Wrong("V2 NaN", V2, v2("FP32", "[1,3]", "[1,NaN,3]"), 400, "JSON", "NaN"),
                new Wrong(
                        "V2 Infinity",
                        V2,
                        v2("FP32", "[1,3]", "[1,-Infinity,3]"),
                        400,
                        "JSON",
                        "Infinity"),
                new Wrong("V2 too large a number", V2, v2("FP32", "[1,3]", "[1,1e39,3]"), 400, "x"),
                new Wrong("V2 2^31 elements", V2, v2("FP32", "[2147483648,1]", "[1]"), 400, "x"),
                new Wrong("V2 2^31 rows", V2, v2("FP32", "[715827883,3]", "[1]"), 400, "x"),
                new Wrong(
                        "V2 product overflows",
                        V2,
                        v2("FP32", "[4294967296,4294967296]", "[1]"),
                        400,
                        "x"),
                new Wrong("V2 negative", V2, v2("FP32", "[-1,3]", "[1,2,3]"), 400, "-1"),
                new Wrong(
                        "V2 truncated",
                        V2,
                        "{\"inputs\":[{\"name\":\"x\",\"sha",
                        400,
                        "JSON",
                        "end"),
                new Wrong(
                        "V2 nesting",
                        V2,
                        v2("FP32", "[1,3]", "[".repeat(200_000)),
                        400,
                        "[1,3]",
                        "deeper"),
                new Wrong("V2 deep nesting", V2, nested("{\"inputs\":"), 400, "object"),
                new Wrong("V2 no inputs", V2, "{\"inputs\":[]}", 400, "x"),
                new Wrong(
                        "V2 unknown input",
                        V2,
                        "{\"inputs\":[{\"name\":\"z\",\"shape\":[1,3],\"datatype\":\"FP32\","
                                + "\"data\":[1,2,3]}]}",
                        400,
                        "x",
                        "z"),
                new Wrong("V2 too large", V2, " ".repeat(LARGEST_BODY + 1), 413, "1Mi"));
    }

    private static List<Wrong> unknown() {
        String rows = "{\"instances\":[[1,2,3]]}";
        String tensor = v2("FP32", "[1,3]", "[1,2,3]");
        return List.of(
                new Wrong("V1 model", "/v1/models/nobody:predict", rows, 404, "nobody"),
                new Wrong("V1 version", "/v1/models/scaling/versions/7:predict", rows, 404, "7"),
                new Wrong("V1 label", "/v1/models/scaling/labels/blue:predict", rows, 404, "blue"),
                new Wrong(
                        "V1 signature",
                        V1,
                        "{\"signature_name\":\"nobody\",\"instances\":[[1,2,3]]}",
                        404,
                        "nobody"),
                new Wrong(
                        "V1 project",
                        "/projects/p/v1/models/scaling:predict",
                        rows,
                        404,
                        "scaling"),
                new Wrong("V2 model", "/v2/models/nobody/infer", tensor, 404, "nobody"),
                new Wrong("V2 version", "/v2/models/scaling/versions/7/infer", tensor, 404, "7"),
                new Wrong(
                        "V2 signature",
                        V2,
                        "{\"parameters\":{\"signature_name\":\"nobody\"}," + tensor.substring(1),
                        404,
                        "nobody"),
                new Wrong("V1 not ready", "/v1/models/unloaded:predict", rows, 503, "not ready"),
                new Wrong("V2 not ready", "/v2/models/unloaded/infer", tensor, 503, "not ready"),
                new Wrong("V1 verb", "/v1/models/scaling:explain", rows, 501, "explain"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongCalls")
    void isRefusedWithAReason(Wrong wrong) {
        for (String version : List.of("--http1.1", "--http2-prior-knowledge")) {
            Curl.Answer answer =
                    curl.send(
                            wrong.path(),
                            wrong.body(),
                            version,
                            "-H",
                            "Content-Type: application/json");

            assertThat(answer.status()).as(version + " " + answer).isEqualTo(wrong.status());
            assertThat(answer.body())
                    .startsWith("{\"error\":\"")
                    .hasSizeGreaterThan("{\"error\":\"\"}".length())
                    .hasSizeLessThan(2_000)
                    .contains(wrong.words());
        }
    }

    @Test
    void noNumbersAndHugeNumbersAreNumbersForV1() {
        assertThat(curl.post(V1, "{\"instances\":[[NaN,Infinity,-Infinity]]}").body())
                .isEqualTo("{\"predictions\":[[NaN,Infinity,-Infinity]]}");
        String digits = "1" + "0".repeat(399);
        Curl.Answer beyond = curl.post(V1, "{\"instances\":[[" + digits + ",0,0]]}");
        assertThat(beyond.status()).as(beyond.body()).isEqualTo(400);
        assertThat(curl.post(V1, "{\"instances\":[[" + digits + "e-399,0,0]]}").body())
                .isEqualTo("{\"predictions\":[[2.0,0.0,0.0]]}");
        assertThat(curl.post(V1, "{\"instances\":[[0." + "0".repeat(400) + "1,0,0]]}").body())
                .isEqualTo("{\"predictions\":[[0.0,0.0,0.0]]}");
    }

    @Test
    void answersThatAreNoNumbersAreNoJsonForV2() {
        ServingModels.upload(server, "inverse", 1, "onnx", OnnxFile.inverse());

        Curl.Answer answer = curl.post("/v2/models/inverse/infer", v2("FP32", "[1,3]", "[1,-1,0]"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(500);
        assertThat(answer.body()).contains("binary");
    }

    @Test
    void binarySizesThatLieAreRefused() {
        String json =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\","
                        + "\"parameters\":{\"binary_data_size\":%s}}]}";
        record Lie(String size, int sent, String headerLength) {}
        for (var lie :
                List.of(
                        new Lie("8", 12, ""),
                        new Lie("16", 16, ""),
                        new Lie("12", 11, ""),
                        new Lie("12", 13, ""),
                        new Lie("12", 0, ""),
                        new Lie("-12", 12, ""),
                        new Lie("1e9", 12, ""),
                        new Lie("4294967308", 12, ""),
                        new Lie("\"12\"", 12, ""),
                        new Lie("12", 12, "0"),
                        new Lie("12", 12, "-1"),
                        new Lie("12", 12, "7"),
                        new Lie("12", 12, "99999999999"),
                        new Lie("12", 12, "many"))) {
            byte[] head = json.formatted(lie.size()).getBytes(StandardCharsets.UTF_8);
            String length = lie.headerLength().isEmpty() ? "" + head.length : lie.headerLength();
            Curl.Answer answer = binary(Arrays.copyOf(head, head.length + lie.sent()), length);

            assertThat(answer.status()).as(lie + " " + answer).isEqualTo(400);
            assertThat(answer.body()).as(lie.toString()).startsWith("{\"error\":\"");
        }
        byte[] right = json.formatted("12").getBytes(StandardCharsets.UTF_8);
        assertThat(binary(Arrays.copyOf(right, right.length + 12), "" + right.length).status())
                .isEqualTo(200);
    }

    @Test
    void aBodyThatIsLargeOnlyWhenUnpackedIsTooLarge() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(new byte[64 * LARGEST_BODY]);
        }
        for (String path : List.of(V1, V2)) {
            Curl.Answer answer =
                    curl.send(path, bytes.toByteArray(), "-H", "Content-Encoding: gzip");

            assertThat(answer.status()).as(answer.body()).isEqualTo(413);
        }
        byte[] cut = Arrays.copyOf(bytes.toByteArray(), 100);
        assertThat(curl.send(V1, cut, "-H", "Content-Encoding: gzip").status()).isEqualTo(400);
        assertThat(curl.send(V1, cut, "-H", "Content-Encoding: br").status()).isEqualTo(501);
    }

    @Test
    void aModelThatIsNotReadySaysSoWhereverItIsAsked() {
        assertThat(curl.call("/v1/models/unloaded").status()).isEqualTo(503);
        assertThat(curl.call("/v2/models/unloaded/ready").status()).isEqualTo(503);
        assertThat(curl.call("/v1/models/nobody").status()).isEqualTo(404);
        assertThat(curl.call("/v2/models/nobody").status()).isEqualTo(404);
        assertThat(curl.call("/v2/models/nobody/ready").status()).isEqualTo(404);
    }

    private static Curl.Answer binary(byte[] body, String jsonLength) {
        var options =
                new ArrayList<>(
                        List.of(
                                "-H",
                                "Content-Type: application/octet-stream",
                                "-H",
                                "Inference-Header-Content-Length: " + jsonLength));
        return curl.send(V2, body, options.toArray(String[]::new));
    }

    private static String v2(String datatype, String shape, String data) {
        return "{\"inputs\":[{\"name\":\"x\",\"shape\":%s,\"datatype\":\"%s\",\"data\":%s}]}"
                .formatted(shape, datatype, data);
    }

    /** A million opened and none closed, as far as the body may be long. */
    private static String nested(String head) {
        return head + "[".repeat(1_000_000);
    }
}
