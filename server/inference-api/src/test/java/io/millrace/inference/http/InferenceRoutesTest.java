package io.millrace.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpRoute;
import io.millrace.api.DataSize;
import io.millrace.api.ErrorCode;
import io.millrace.api.MillraceException;
import io.millrace.api.ProjectId;
import io.millrace.api.tensor.DataType;
import io.millrace.api.tensor.Shape;
import io.millrace.api.tensor.Signature;
import io.millrace.api.tensor.Tensor;
import io.millrace.api.tensor.TensorSpec;
import io.millrace.spi.ModelServing.Call;
import io.millrace.testkit.FakeModelServing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
@Timeout(60)
class InferenceRoutesTest {

    private static final ProjectId FASHION = new ProjectId("fashion");
    private static final Signature PAIR =
            new Signature(
                    Signature.DEFAULT,
                    List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 2))),
                    List.of(new TensorSpec("y", DataType.FP32, Shape.of(-1, 2))));

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    InferenceRoutesTest(WebServer server) {
        this.port = server.port();
    }

    @SetUpRoute
    static void route(HttpRouting.Builder routing) {
        var serving = new FakeModelServing();
        serving.put(ProjectId.DEFAULT, "m", PAIR, call -> scaled(call, 2));
        serving.put(FASHION, "m", PAIR, call -> scaled(call, 3));
        serving.put(ProjectId.DEFAULT, "busy", PAIR, _ -> fail(ErrorCode.OVERLOADED));
        serving.put(ProjectId.DEFAULT, "slow", PAIR, _ -> fail(ErrorCode.TIMEOUT));
        serving.put(ProjectId.DEFAULT, "broken", PAIR, _ -> fail(ErrorCode.USER_CODE));
        serving.put(
                ProjectId.DEFAULT,
                "defect",
                PAIR,
                _ -> {
                    throw new IllegalStateException("oops");
                });
        serving.putNotReady(ProjectId.DEFAULT, "cold", "being loaded");
        routing.register(
                new InferenceRoutes(
                        new InferenceApiConfig(DataSize.ofMebibytes(1), Duration.ofSeconds(5)),
                        TestingPorts.of(serving)));
    }

    private static List<Tensor> fail(ErrorCode code) {
        throw new MillraceException(code, "failed as " + code);
    }

    private static List<Tensor> scaled(Call call, float factor) {
        var input = (Tensor.Numeric) call.inputs().getFirst();
        float[] values = input.data().toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return List.of(Tensor.ofFloats(input.shape(), values));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models/m:predict",
                "/v1/models/m:infer",
                "/v1/models/m%3Apredict",
                "/v1/models/m%3ainfer",
                "/v1/models/m/versions/1:predict",
                "/v1/models/m/versions/1:infer",
                "/v1/models/m/versions/1%3Ainfer",
                "/v1/models/m/labels/production:predict",
                "/projects/default/v1/models/m:infer"
            })
    void answersRowsOnEveryPath(String path) throws Exception {
        var answer =
                post(
                        path,
                        "{\"signature_name\":\"serving_default\",\"instances\":[[1,2],[0.5,4]]}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"predictions\":[[2.0,4.0],[1.0,8.0]]}");
    }

    @Test
    void answersColumns() throws Exception {
        assertThat(post("/v1/models/m:predict", "{\"inputs\":{\"x\":[[1,2]]}}").body())
                .isEqualTo("{\"outputs\":[[2.0,4.0]]}");
    }

    @Test
    void sameNamedModelsOfTwoProjectsDoNotCollide() throws Exception {
        String host = "127.0.0.1:" + port;
        assertThat(InferenceAddress.of(host, ProjectId.DEFAULT)).isEqualTo(host);
        String body = "{\"instances\":[[1,2]]}";
        // As functions build it.
        String endpoint = InferenceAddress.of(host, FASHION);
        var answer = send("http://" + endpoint + "/v1/models/m/versions/1:infer", body);
        assertThat(answer.body()).isEqualTo("{\"predictions\":[[3.0,6.0]]}");
        assertThat(post("/v1/models/m/versions/1:infer", body).body())
                .isEqualTo("{\"predictions\":[[2.0,4.0]]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/models/none:predict|404|Model with name none does not exist.",
                "/projects/other/v1/models/m:predict|404|Model with name m does not exist.",
                "/v1/models/m/versions/7:infer|404|Model with name m has no version 7.",
                "/v1/models/m/labels/blue:predict|404|Model with name m has no version called",
                "/v1/models/m/versions/x:predict|400|a version is a positive number",
                "/v1/models/m/nonsense:predict|404|There is nothing at",
                "/v1/models/cold:predict|503|Model with name cold is not ready.",
                "/v1/models/busy:predict|503|failed as OVERLOADED",
                "/v1/models/slow:predict|504|failed as TIMEOUT",
                "/v1/models/broken:predict|500|failed as USER_CODE",
                "/v1/models/defect:predict|500|IllegalStateException : oops",
                "/v1/models/none:predict|404|Servable not found for request: Latest(none)",
                "/v1/models/m/versions/7:infer|404|Servable not found for request: Specific(m, 7)",
                "/v1/models/m:explain|501|Unsupported verb",
                "/v1/models/m:classify|501|Unsupported verb ':classify'",
                "/v1/models/m/versions/1:regress|501|predict signatures only",
                "/v1/models/m:dance|501|Unsupported verb",
                "/v1/models/m|405|Use GET",
                "/v1/models|405|Use GET",
            })
    void errorsAreJsonWithTheStatusOfTheContract(String path, int status, String says)
            throws Exception {
        var answer = post(path, "{\"instances\":[[1,2]]}");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.body()).startsWith("{\"error\":\"").contains(says).endsWith("\"}");
        if (status == 503) {
            assertThat(answer.headers().firstValue("retry-after")).isPresent();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"instances\":[[1,2,3]]}|expected float32[-1,2], received [1,3]",
                "{\"instances\":[[1,2],[3]]}|lengths or depths differ",
                "{\"instances\":[[1,|not valid JSON",
                "not json|not valid JSON",
                "``|must be a JSON object",
                "{\"signature_name\":\"serving_default\"}|needs 'instances'",
            })
    void badRequestsAre400(String body, String says) throws Exception {
        var answer = post("/v1/models/m:predict", body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).startsWith("{\"error\":\"").contains(says);
    }

    @Test
    void anUnknownSignatureIs404() throws Exception {
        var answer =
                post("/v1/models/m:predict", "{\"signature_name\":\"s\",\"instances\":[[1,2]]}");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("no signature 's'; it has [serving_default]");
    }

    @Test
    void aBodyOverTheLimitIs413WhetherItSaysItsLengthOrNot() throws Exception {
        String large = "{\"instances\":[[" + " ".repeat(1 << 20) + "1,2]]}";
        assertThat(post("/v1/models/m:predict", large).statusCode()).isEqualTo(413);
        byte[] bytes = large.getBytes(StandardCharsets.UTF_8);
        var chunked =
                HttpRequest.newBuilder(uri("/v1/models/m:predict"))
                        .POST(
                                HttpRequest.BodyPublishers.ofInputStream(
                                        () -> new ByteArrayInputStream(bytes)))
                        .build();
        var answer = client.send(chunked, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("larger than the 1Mi allowed");
        // The server goes on.
        assertThat(post("/v1/models/m:predict", "{\"instances\":[[1,2]]}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void takesChunkedBodies() throws Exception {
        byte[] bytes =
                ("{\"instances\":[[" + " ".repeat(50_000) + "1,2]]}")
                        .getBytes(StandardCharsets.UTF_8);
        var chunked =
                HttpRequest.newBuilder(uri("/v1/models/m:predict"))
                        .POST(
                                HttpRequest.BodyPublishers.ofInputStream(
                                        () -> new ByteArrayInputStream(bytes)))
                        .build();
        assertThat(client.send(chunked, HttpResponse.BodyHandlers.ofString()).body())
                .isEqualTo("{\"predictions\":[[2.0,4.0]]}");
    }

    @Test
    void tellsNamesStatusAndMetadata() throws Exception {
        assertThat(get("/v1/models").body())
                .isEqualTo("{\"models\":[\"broken\",\"busy\",\"cold\",\"defect\",\"m\",\"slow\"]}");
        assertThat(get("/projects/fashion/v1/models").body()).isEqualTo("{\"models\":[\"m\"]}");
        for (String path :
                List.of(
                        "/v1/models/m",
                        "/v1/models/m/versions/1",
                        "/v1/models/m/labels/production")) {
            assertThat(get(path).body())
                    .isEqualTo(
                            "{\"name\":\"m\",\"ready\":true,\"model_version_status\":[{\"version\":\"1\","
                                    + "\"state\":\"AVAILABLE\",\"status\":{\"error_code\":\"OK\",\"error_message\":\"\"}}]}");
        }
        var cold = get("/v1/models/cold");
        assertThat(cold.statusCode()).isEqualTo(503);
        assertThat(cold.body()).contains("\"ready\":false", "\"error\":\"Model", "being loaded");
        assertThat(get("/v1/models/none").statusCode()).isEqualTo(404);
        assertThat(get("/v1/models/m/versions/1/metadata").body())
                .contains(
                        "{\"model_spec\":{\"name\":\"m\",\"signature_name\":\"\",\"version\":\"1\"}",
                        "\"signature_def\":{\"signature_def\":"
                                .replace(
                                        ":{\"sig",
                                        ":{\"@type\":\"type.googleapis.com/tensorflow.serving.SignatureDefMap\",\"sig"),
                        "\"x\":{\"dtype\":\"DT_FLOAT\",\"tensor_shape\":{\"dim\":[{\"size\":\"-1\",\"name\":\"\"},{\"size\":\"2\"");
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body)
            throws IOException, InterruptedException {
        return send(uri(path).toString(), body);
    }

    private HttpResponse<String> send(String url, String body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
