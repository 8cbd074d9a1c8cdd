package io.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpRoute;
import io.helidon.webserver.testing.junit5.SetUpServer;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.inference.protocol.BodyMemory;
import io.millrace.inference.protocol.OpenInference;
import io.millrace.spi.ModelServing.Call;
import io.millrace.spi.Span;
import io.millrace.testkit.FakeModelServing;
import io.millrace.testkit.RecordingMeters;
import io.millrace.testkit.RecordingTracing;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
@Timeout(60)
class V2RoutesTest {

    private static final ProjectId FASHION = new ProjectId("fashion");
    private static final String ADD =
            "{\"id\":\"42\",\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}],\"outputs\":[{\"name\":\"y\"}]}";

    private static final FakeModelServing SERVING = new FakeModelServing();
    private static final RecordingMeters METERS = new RecordingMeters();
    private static final RecordingTracing TRACING = new RecordingTracing(false);
    private static final AtomicBoolean READY = new AtomicBoolean(true);

    private final TestingClient client;

    private final int port;

    V2RoutesTest(WebServer server) {
        port = server.port();
        this.client = new TestingClient(server.port());
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        server.contentEncoding(EncodedBodies.leftToRoutes());
    }

    @SetUpRoute
    static void route(HttpRouting.Builder routing) {
        var add = signature("x", DataType.FP32, Shape.of(-1, 2), "y");
        SERVING.put(ProjectId.DEFAULT, "add", add, V2RoutesTest::plusOne);
        SERVING.put(FASHION, "add", add, call -> call.inputs());
        for (DataType type : DataType.values()) {
            SERVING.put(
                    ProjectId.DEFAULT,
                    "echo-" + type.protocolName().toLowerCase(Locale.ROOT),
                    signature("x", type, Shape.of(-1), "y"),
                    Call::inputs);
        }
        SERVING.put(
                ProjectId.DEFAULT,
                "two",
                new Signature(
                        Signature.DEFAULT,
                        List.of(
                                new TensorSpec("a", DataType.FP32, Shape.of(-1)),
                                new TensorSpec("b", DataType.BYTES, Shape.of(-1))),
                        List.of(
                                new TensorSpec("p", DataType.FP32, Shape.of(-1)),
                                new TensorSpec("q", DataType.BYTES, Shape.of(-1)))),
                Call::inputs);
        for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
            SERVING.put(
                    ProjectId.DEFAULT,
                    "gives" + value,
                    add,
                    _ -> List.of(Tensor.ofFloats(Shape.of(1, 2), new float[] {1, value})));
        }
        SERVING.put(ProjectId.DEFAULT, "busy", add, _ -> fail(ErrorCode.OVERLOADED));
        SERVING.put(ProjectId.DEFAULT, "slow", add, _ -> fail(ErrorCode.TIMEOUT));
        SERVING.put(ProjectId.DEFAULT, "logged", add, V2RoutesTest::plusOne);
        SERVING.put(ProjectId.DEFAULT, "movable", add, V2RoutesTest::plusOne);
        SERVING.putNotReady(ProjectId.DEFAULT, "cold", "being loaded");
        SERVING.stickyBy("X-User");
        routing.register(
                new InferenceRoutes(
                        new InferenceApiConfig(DataSize.ofMebibytes(4), Duration.ofSeconds(5)),
                        TestingPorts.of(
                                SERVING,
                                METERS,
                                READY::get,
                                new BodyMemory(DataSize.ofMebibytes(256)),
                                TRACING)));
    }

    @Test
    void aSampledCallIsTraced() throws IOException, InterruptedException {
        String given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
        client.post("/v2/models/add/infer", ADD, "traceparent", given + "00");
        assertThat(client.post("/v2/models/add/infer", ADD, "traceparent", given + "01").status())
                .isEqualTo(200);
        client.post("/v2/models/busy/infer", ADD, "traceparent", given + "01");

        // The answer is sent before the spans are told.
        await().atMost(30, TimeUnit.SECONDS).until(() -> TRACING.spans().size() >= 6);
        List<Span> spans = TRACING.spans();
        assertThat(spans)
                .extracting(Span::name)
                .containsExactly(
                        "infer default/add",
                        "read",
                        "predict",
                        "write",
                        "infer default/busy",
                        "read");
        assertThat(spans)
                .allMatch(span ->
                        span.context().traceId().equals("0af7651916cd43dd8448eb211c80319c"));
        assertThat(spans.getFirst().parentSpanId()).isEqualTo(0xb7ad6b7169203331L);
        assertThat(spans.getFirst().kind()).isEqualTo(Span.Kind.SERVER);
        assertThat(spans.getFirst().attributes()).containsEntry("millrace.version", "1");
        assertThat(spans.get(4).error()).isEqualTo("OVERLOADED: failed as OVERLOADED");
        assertThat(spans.subList(1, 4))
                .allMatch(part ->
                        part.parentSpanId() == spans.getFirst().context().spanId()
                                && part.startNanos() >= spans.getFirst().startNanos()
                                && part.endNanos() <= spans.getFirst().endNanos());
    }

    private static Signature signature(String input, DataType type, Shape shape, String output) {
        return new Signature(
                Signature.DEFAULT,
                List.of(new TensorSpec(input, type, shape)),
                List.of(new TensorSpec(output, type, shape)));
    }

    private static List<Tensor> fail(ErrorCode code) {
        throw new MillraceException(code, "failed as " + code);
    }

    private static List<Tensor> plusOne(Call call) {
        var input = (Tensor.Numeric) call.inputs().getFirst();
        float[] values = new float[(int) input.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 + input.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
        }
        return List.of(Tensor.ofFloats(input.shape(), values));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v2/models/add/infer",
                "/v2/models/add/versions/1/infer",
                "/v2/models/add/versions/production/infer",
                "/projects/default/v2/models/add/infer",
            })
    void answersTheExampleOfTheProtocolOnEveryPath(String path) throws Exception {
        var reply = client.post(path, ADD);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("content-type")).isEqualTo("application/json");
        assertThat(reply.header("inference-header-content-length")).isEmpty();
        assertThat(reply.text())
                .isEqualTo(
                        "{\"model_name\":\"add\",\"model_version\":\"1\",\"id\":\"42\",\"outputs\":[{\"name\":\"y\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[2.0,3.0,4.0,5.0]}]}");
    }

    @Test
    void projectsHaveTheirOwnModelsAndIdsAreInvented() throws Exception {
        String body = ADD.replace("\"id\":\"42\",", "");
        var first = client.post("/projects/fashion/v2/models/add/infer", body);
        var second = client.post("/projects/fashion/v2/models/add/infer", body);
        assertThat(first.text()).contains("\"id\":\"id-", "[1.0,2.0,3.0,4.0]");
        assertThat(second.text()).contains("\"id\":\"id-").isNotEqualTo(first.text());
    }

    /** The worked example of the extension, byte for byte, there and back. */
    @Test
    void carriesHalfFloatsBehindTheJson() throws Exception {
        byte[] raw = HexFormat.of().parseHex("003c004000420044");
        String json =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[4],\"datatype\":\"FP16\",\"parameters\":{\"binary_data_size\":8}}],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}";
        var reply = binary("/v2/models/echo-fp16/infer", json, raw);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        assertThat(reply.header("content-type")).isEqualTo("application/octet-stream");
        int length = Integer.parseInt(reply.header("inference-header-content-length"));
        byte[] body = reply.response().body();
        assertThat(new String(body, 0, length, StandardCharsets.UTF_8))
                .endsWith(
                        "\"outputs\":[{\"name\":\"y\",\"shape\":[4],\"datatype\":\"FP16\",\"parameters\":{\"binary_data_size\":8}}]}");
        assertThat(Arrays.copyOfRange(body, length, body.length)).isEqualTo(raw);
    }

    @Test
    void mixesJsonAndBinaryAndReordersOutputs() throws Exception {
        String json =
                """
                {"parameters":{"binary_data_output":true},
                 "inputs":[{"name":"b","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":10}},
                           {"data":[0.5,-2],"datatype":"FP32","shape":[2],"name":"a"}],
                 "outputs":[{"name":"q"},{"name":"p","parameters":{"binary_data":false}}]}\
                """;
        byte[] raw = HexFormat.of().parseHex("02000000616200000000");
        var reply = binary("/v2/models/two/infer", json, raw);
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        int length = Integer.parseInt(reply.header("inference-header-content-length"));
        assertThat(reply.text().substring(0, length))
                .endsWith(
                        "\"outputs\":[{\"name\":\"q\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":10}},"
                                + "{\"name\":\"p\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[0.5,-2.0]}]}");
        assertThat(
                        Arrays.copyOfRange(
                                reply.response().body(), length, reply.response().body().length))
                .isEqualTo(raw);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-1|must be a number of bytes",
                "abc|must be a number of bytes",
                "99999999999999999999|must be a number of bytes",
                "100000|at most the",
                "0|the request must be a JSON object",
                "20|not valid JSON",
            })
    void lyingJsonLengthsAre400(String length, String says) throws Exception {
        var reply =
                client.post("/v2/models/add/infer", ADD, "Inference-Header-Content-Length", length);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text()).startsWith("{\"error\":\"").contains(says);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-8|must be a whole number, 0 or more",
                "8.0|must be a whole number",
                "\"8\"|must be a whole number",
                "9223372036854775807|only 8 bytes are left",
                "99999999999999999999999|must be a whole number",
                "16|only 8 bytes are left",
                "4|8 bytes follow the JSON",
                "null|must be a whole number",
            })
    void lyingTensorSizesAre400(String size, String says) throws Exception {
        String json =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":"
                        + size
                        + "}}]}";
        if (size.equals("4")) {
            json = json.replace("[2]", "[1]");
        }
        var reply = binary("/v2/models/echo-fp32/infer", json, new byte[8]);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text()).startsWith("{\"error\":\"").contains(says);
    }

    @Test
    void binaryDataWithoutTheHeaderIsExplained() throws Exception {
        var reply =
                client.post(
                        "/v2/models/echo-fp32/infer",
                        "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":8}}]}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.text()).contains("Inference-Header-Content-Length missing?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v2/models/none/infer|404|Model with name none does not exist.",
                "/v2/models/-/infer|404|Model with name - does not exist.",
                "/v2/models/add/versions/7/infer|404|has no version 7",
                "/v2/models/add/versions/blue/infer|404|has no version called",
                "/v2/models/cold/infer|503|Model with name cold is not ready.",
                "/v2/models/busy/infer|503|failed as OVERLOADED",
                "/v2/models/slow/infer|504|failed as TIMEOUT",
                "/v2/models/givesNaN/infer|500|ask for binary output",
                "/v2/models/gives-Infinity/infer|500|-Infinity in output 'y'",
                "/v2/models/add/dance|404|There is nothing at",
                "/v2/models/add/infer/more|404|There is nothing at",
                "/v2/somewhere|404|There is nothing at /v2/somewhere",
                "/v2/models/add|405|Use GET",
                "/v2/models|405|Use GET",
                "/v2|405|Use GET",
                "/v2/health/live|405|Use GET",
            })
    void errorsAreJsonWithTheStatusOfTheContract(String path, int status, String says)
            throws Exception {
        var reply = client.post(path, ADD);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.header("content-type")).isEqualTo("application/json");
        assertThat(reply.text()).startsWith("{\"error\":\"").contains(says).endsWith("\"}");
        assertThat(reply.header("retry-after").isEmpty()).isEqualTo(status != 503);
    }

    @Test
    void notANumberTravelsInBinary() throws Exception {
        var reply =
                client.post(
                        "/v2/models/givesNaN/infer",
                        ADD.replace(
                                "{\"name\":\"y\"}",
                                "{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}"));
        assertThat(reply.status()).isEqualTo(200);
        byte[] body = reply.response().body();
        assertThat(Arrays.copyOfRange(body, body.length - 8, body.length))
                .isEqualTo(HexFormat.of().parseHex("0000803f0000c07f"));
    }

    @Test
    void hostileBodiesAreCleanErrorsInBothProtocols() throws Exception {
        String deep = "[".repeat(1_000_000);
        String digits = "9".repeat(400);
        for (String value : List.of(deep, "[" + deep + "]", "[" + digits, "[1,2", "[tru")) {
            var v1 = client.post("/v1/models/add:predict", "{\"instances\":" + value);
            assertThat(v1.status()).as("V1 %.20s", value).isEqualTo(400);
            var v2 =
                    client.post(
                            "/v2/models/add/infer",
                            "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":"
                                    + value);
            assertThat(v2.status()).as("V2 %.20s", value).isEqualTo(400);
            assertThat(v2.text()).startsWith("{\"error\":");
            // Unknown keys are skipped, not built.
            assertThat(client.post("/v2/models/add/infer", "{\"zzz\":" + value).status())
                    .isEqualTo(400);
        }
        var large = client.post("/v2/models/add/infer", " ".repeat(5 << 20) + ADD);
        assertThat(large.status()).isEqualTo(413);
        assertThat(client.post("/v2/models/add/infer", ADD).status()).isEqualTo(200);
    }

    @Test
    void anUnknownSignatureIs404AndAKnownOneIsTaken() throws Exception {
        String known =
                ADD.replace(
                        "\"id\"", "\"parameters\":{\"signature_name\":\"serving_default\"},\"id\"");
        assertThat(client.post("/v2/models/add/infer", known).status()).isEqualTo(200);
        var unknown = client.post("/v2/models/add/infer", known.replace("serving_", "other_"));
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.text()).contains("no signature 'other_default'");
    }

    @Test
    void tellsServerHealthNamesAndSignature() throws Exception {
        assertThat(client.get("/v2").text())
                .isEqualTo(
                        "{\"name\":\"millrace\",\"version\":\"1.0\",\"extensions\":[\"binary_tensor_data\",\"model_repository\"]}");
        assertThat(client.get("/v2/health/live").text()).isEqualTo("{\"live\":true}");
        assertThat(client.get("/v2/health/ready").text())
                .isEqualTo("{\"ready\":true,\"live\":true}");
        assertThat(client.get("/projects/fashion/v2/models").text())
                .isEqualTo("{\"models\":[\"add\"]}");
        for (String path : List.of("/v2/models/add", "/v2/models/add/versions/1")) {
            assertThat(client.get(path).text())
                    .isEqualTo(
                            "{\"name\":\"add\",\"versions\":[\"1\"],\"platform\":\"fake\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2]}],\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,2]}]}");
        }
        assertThat(client.get("/v2/models/add/ready").text())
                .isEqualTo("{\"name\":\"add\",\"ready\":true}");
        assertThat(client.get("/v2/models/add/versions/1/ready").status()).isEqualTo(200);
        var cold = client.get("/v2/models/cold/ready");
        assertThat(cold.status()).isEqualTo(503);
        assertThat(cold.text())
                .isEqualTo(
                        "{\"name\":\"cold\",\"ready\":false,\"error\":\"Model with name cold is not ready.\"}");
        assertThat(client.get("/v2/models/cold").status()).isEqualTo(503);
        assertThat(client.get("/v2/models/none/ready").status()).isEqualTo(404);
        var head = client.send("HEAD", "/v2/health/ready", new byte[0]);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.response().body()).isEmpty();
    }

    @Test
    void aServerThatIsNotReadyLivesAndSaysSo() throws Exception {
        READY.set(false);
        try {
            var reply = client.get("/v2/health/ready");
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.text()).isEqualTo("{\"error\":\"Server is not ready.\"}");
            assertThat(client.get("/v2/health/live").status()).isEqualTo(200);
        } finally {
            READY.set(true);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tensorflow,tensorflow_savedmodel",
        "keras,tensorflow_savedmodel",
        "onnx,onnx_onnxv1",
        "tflite,tensorflow_lite",
        "own,own"
    })
    void platformsHaveTheNamesOfTheProtocol(String framework, String platform) {
        assertThat(OpenInference.platform(framework)).isEqualTo(platform);
    }

    @Test
    void indexesLoadsAndUnloads() throws Exception {
        var all = client.post("/v2/repository/index", "");
        assertThat(all.text())
                .startsWith(
                        "[{\"name\":\"add\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\"}")
                .contains(
                        "{\"name\":\"cold\",\"version\":\"1\",\"state\":\"UNAVAILABLE\",\"reason\":\"being loaded\"}");
        assertThat(client.post("/v2/repository/index", "{\"ready\":true}").text())
                .doesNotContain("cold");
        assertThat(client.post("/projects/fashion/v2/repository/index", "{}").text())
                .isEqualTo(
                        "[{\"name\":\"add\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\"}]");

        var unload =
                client.post(
                        "/v2/repository/models/movable/unload",
                        "{\"parameters\":{\"unload_dependents\":true}}");
        assertThat(unload.text()).isEqualTo("{\"name\":\"movable\",\"unload\":true}");
        assertThat(client.get("/v2/models/movable/ready").status()).isEqualTo(503);
        var load = client.post("/v2/repository/models/movable/load", "");
        assertThat(load.text()).isEqualTo("{\"name\":\"movable\",\"load\":true}");
        assertThat(client.get("/v2/models/movable/ready").status()).isEqualTo(200);

        assertThat(client.post("/v2/repository/models/none/unload", "").status()).isEqualTo(404);
        assertThat(client.post("/v2/repository/models/none/load", "").status()).isEqualTo(404);
        assertThat(client.post("/v2/repository/models/movable/load", "[]").status()).isEqualTo(400);
        assertThat(
                        client.post(
                                        "/v2/repository/models/movable/load",
                                        "{\"parameters\":{\"config\":\"{}\"}}")
                                .status())
                .isEqualTo(501);
        assertThat(client.get("/v2/repository/index").status()).isEqualTo(405);
    }

    @Test
    void theStickyHeaderDividesCallersOfAllProtocols() throws Exception {
        client.post("/v2/models/add/infer", ADD, "x-user", "ann");
        assertThat(SERVING.calls().getLast().routing()).isEqualTo("ann");
        client.post("/v1/models/add:predict", "{\"instances\":[[1,2]]}", "X-USER", "bob");
        assertThat(SERVING.calls().getLast().routing()).isEqualTo("bob");
        client.post("/v2/models/add/infer", ADD);
        assertThat(SERVING.calls().getLast().routing()).isEmpty();
    }

    @Test
    void theShortestTimeLimitHolds() throws Exception {
        assertThat(timeoutOf(ADD)).isEqualTo(Duration.ofSeconds(5));
        assertThat(timeoutOf(ADD, "X-Request-Timeout-Ms", "250")).isEqualTo(Duration.ofMillis(250));
        assertThat(timeoutOf(ADD, "X-Request-Timeout-Ms", "999999"))
                .isEqualTo(Duration.ofSeconds(5));
        String withTimeout = ADD.replace("\"id\"", "\"parameters\":{\"timeout\":1500},\"id\"");
        assertThat(timeoutOf(withTimeout)).isEqualTo(Duration.ofNanos(1_500_000));
        assertThat(timeoutOf(withTimeout, "X-Request-Timeout-Ms", "1"))
                .isEqualTo(Duration.ofMillis(1));
        assertThat(timeoutOf(withTimeout.replace("1500", Long.toString(Long.MAX_VALUE))))
                .isEqualTo(Duration.ofSeconds(5));
        for (String wrong : List.of("0", "-1", "soon", "1.5")) {
            var reply = client.post("/v2/models/add/infer", ADD, "X-Request-Timeout-Ms", wrong);
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.text()).contains("milliseconds");
        }
    }

    private Duration timeoutOf(String body, String... headers) throws Exception {
        assertThat(client.post("/v2/models/add/infer", body, headers).status()).isEqualTo(200);
        return SERVING.calls().getLast().timeout();
    }

    @Test
    void takesAndGivesGzip() throws Exception {
        byte[] zipped = gzip(ADD.getBytes(StandardCharsets.UTF_8));
        var small =
                client.send(
                        "POST",
                        "/v2/models/add/infer",
                        zipped,
                        "Content-Encoding",
                        "gzip",
                        "Accept-Encoding",
                        "gzip");
        assertThat(small.text()).contains("[2.0,3.0,4.0,5.0]");
        assertThat(small.header("content-encoding")).isEmpty();

        String rows = "[1.5,2.25],".repeat(200);
        String large = "{\"instances\":[" + rows.substring(0, rows.length() - 1) + "]}";
        var plain = client.post("/v1/models/add:predict", large);
        assertThat(plain.header("content-encoding")).isEmpty();
        assertThat(
                        client.post("/v1/models/add:predict", large, "Accept-Encoding", "gzip;q=0")
                                .text())
                .isEqualTo(plain.text());
        var compressed =
                client.post(
                        "/v1/models/add:predict", large, "Accept-Encoding", "deflate, gzip;q=0.5");
        assertThat(compressed.header("content-encoding")).isEqualTo("gzip");
        assertThat(compressed.header("vary")).isEqualToIgnoringCase("accept-encoding");
        assertThat(compressed.response().body().length).isLessThan(plain.text().length() / 4);
        assertThat(gunzip(compressed.response().body())).isEqualTo(plain.text());
    }

    @Test
    void namesOfEncodingsAreReadInAnyCaseAndIdentityIsOne() throws Exception {
        byte[] plain = ADD.getBytes(StandardCharsets.UTF_8);
        for (String name : List.of("GZIP", "X-GZip")) {
            var reply =
                    client.send(
                            "POST", "/v2/models/add/infer", gzip(plain), "Content-Encoding", name);
            assertThat(reply.status()).as(name).isEqualTo(200);
        }
        assertThat(client.post("/v2/models/add/infer", ADD, "Content-Encoding", "identity").text())
                .contains("[2.0,3.0,4.0,5.0]");
        for (String name : List.of("gzip, gzip", "lzma")) {
            var reply = client.post("/v2/models/add/infer", ADD, "Content-Encoding", name);
            assertThat(reply.status()).as(name).isEqualTo(501);
            assertThat(reply.text()).contains("'" + name + "' are not supported");
        }
    }

    @Test
    void aBodyThatEndsTooSoonIsTheCallersFault() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(
                            """
                            POST /v2/models/add/infer HTTP/1.1\r
                            Host: localhost\r
                            Content-Length: 100\r
                            \r
                            {"inputs":\
                            """
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            String answer =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .startsWith("HTTP/1.1 400 ")
                    .endsWith("{\"error\":\"the body did not arrive completely\"}");
        }
    }

    @Test
    void aBombIs413AndBrokenGzipIs400() throws Exception {
        byte[] bomb = gzip(new byte[64 << 20]);
        assertThat(bomb.length).isLessThan(100_000);
        for (String path : List.of("/v1/models/add:predict", "/v2/models/add/infer")) {
            assertThat(client.send("POST", path, bomb, "Content-Encoding", "gzip").status())
                    .isEqualTo(413);
            byte[] cut = Arrays.copyOf(gzip(ADD.getBytes(StandardCharsets.UTF_8)), 30);
            var broken = client.send("POST", path, cut, "Content-Encoding", "gzip");
            assertThat(broken.status()).isEqualTo(400);
            assertThat(broken.text()).contains("not complete gzip data");
            assertThat(client.post(path, "not gzip", "Content-Encoding", "gzip").status())
                    .isEqualTo(400);
            var other = client.post(path, ADD, "Content-Encoding", "deflate");
            assertThat(other.status()).isEqualTo(501);
            assertThat(other.text()).contains("'deflate' are not supported; send gzip or none");
        }
    }

    @Test
    void measuresTheStagesOfModelsThatExist() throws Exception {
        client.post("/v2/models/invented/infer", ADD);
        client.post("/v2/models/add/infer", ADD);
        client.post("/v1/models/add:predict", "{\"instances\":[[1,2]]}");
        for (String stage : List.of("preprocess", "predict", "postprocess")) {
            String name = "request_" + stage + "_seconds";
            assertThat(METERS.timings(name, "model_name", "add", "project", "default"))
                    .isGreaterThanOrEqualTo(2);
            assertThat(METERS.timings(name, "model_name", "invented", "project", "default"))
                    .isZero();
        }
    }

    @Test
    void logsCallsOnDemand() throws Exception {
        String path = "/v2/models/logged/requests";
        client.post("/v2/models/logged/infer", ADD);
        assertThat(client.get(path).text()).isEqualTo("{\"name\":\"logged\",\"enabled\":false}");

        String settings = "{\"seconds\":60,\"capacity\":3,\"payload_bytes\":11}";
        var on = client.send("PUT", path, settings.getBytes(StandardCharsets.UTF_8));
        assertThat(on.status()).as(on.text()).isEqualTo(200);
        assertThat(on.text()).contains("\"enabled\":true", "\"capacity\":3", "\"requests\":[]");

        client.post("/v2/models/logged/infer", ADD);
        client.post(
                "/v1/models/logged/versions/1:predict",
                "{\"instances\":[[1,2,3]]}",
                "X-Request-Id",
                "mine");
        assertThat(client.get(path).text())
                .contains(
                        "\"number\":0,",
                        "\"id\":\"42\",\"protocol\":\"v2\",\"version\":1,\"status\":200,\"latency_us\":",
                        "\"payload\":\"{\\\"id\\\":\\\"42\\\",\"}",
                        "\"id\":\"mine\",\"protocol\":\"v1\",\"version\":0,\"status\":400,\"error\":\"input 'x'");
        assertThat(client.get(path + "?after=0").text())
                .doesNotContain("\"number\":0")
                .contains("\"number\":1");

        var off = client.send("DELETE", path, new byte[0]);
        assertThat(off.text()).isEqualTo("{\"name\":\"logged\",\"enabled\":false}");
        for (String wrong :
                List.of("{\"seconds\":0}", "{\"second\":1}", "{\"capacity\":\"x\"}", "[")) {
            assertThat(client.send("PUT", path, wrong.getBytes(StandardCharsets.UTF_8)).status())
                    .as(wrong)
                    .isEqualTo(400);
        }
        assertThat(client.get("/v2/models/none/requests").status()).isEqualTo(404);
        assertThat(client.post(path, "").status()).isEqualTo(405);
    }

    private TestingClient.Reply binary(String path, String json, byte[] raw) throws Exception {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(head, head.length + raw.length);
        System.arraycopy(raw, 0, body, head.length, raw.length);
        return client.send(
                "POST",
                path,
                body,
                "Content-Type",
                "application/octet-stream",
                "Inference-Header-Content-Length",
                Integer.toString(head.length));
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    private static String gunzip(byte[] zipped) throws IOException {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
