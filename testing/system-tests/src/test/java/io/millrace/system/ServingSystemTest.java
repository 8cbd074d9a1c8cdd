package io.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.system.CommandLine.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models of all three engines, called by clients that are not ours: Triton's, stubs that gRPC's own
 * generator makes of the published definition, and curl.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(300)
class ServingSystemTest {

    private static final int LARGEST_BODY = 1 << 20;
    private static final String JSON = "Content-Type: application/json";

    @TempDir static Path folder;
    private static ServerProcess server;
    private static Curl curl;
    private static Path models;

    @RegisterExtension static final ShowsLog LOG = new ShowsLog(() -> server);

    @BeforeAll
    static void start() {
        models = folder.resolve("models");
        ServingModels.write(models.resolve("scaling.onnx"), OnnxFile.scaling(2));
        ServingModels.write(models.resolve("adding.onnx"), OnnxFile.adding());
        ServingModels.write(models.resolve("echoing.onnx"), OnnxFile.echoing());
        server =
                new ServerProcess(
                                folder.resolve("data"),
                                ServerProcess.Ports.free(),
                                "--http-max-body",
                                LARGEST_BODY / 1024 + "Ki")
                        .start();
        curl = new Curl(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    @Order(1)
    void theCommandLineUploadsAnArchiveAndASingleFile() {
        uploadByCommand("fashion", ServingModels.fashionZip());
        uploadByCommand("scaling", models.resolve("scaling.onnx"));
        uploadByCommand("echoing", models.resolve("echoing.onnx"));
        CommandLine.millrace(server, "models", "promote", "scaling", "1").orFail();

        Outcome list = CommandLine.millrace(server, "models", "list").orFail();
        assertThat(list.out()).contains("fashion", "scaling", "echoing");
        assertThat(CommandLine.millrace(server, "models", "describe", "scaling").orFail().out())
                .contains("onnx", "Ready", "zeros", "batch");
    }

    @Test
    @Order(1)
    void aRawBodyIsAnUpload() {
        Curl.Answer answer =
                curl.call(
                        ServingModels.versionPath("adding", 1) + "?framework=onnx",
                        "-H",
                        "Content-Type: application/octet-stream",
                        "--data-binary",
                        "@" + models.resolve("adding.onnx"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"Ready\"").contains("difference");
    }

    @Test
    @Order(1)
    void aFormIsAnUpload() {
        Curl.Answer answer =
                curl.call(
                        ServingModels.versionPath("dense", 1),
                        "-F",
                        "file=@" + ServingModels.liteFile());

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"Ready\"").contains("scores");
    }

    @Test
    @Order(2)
    void tritonsClientUnderstandsTheServerOverHttp() {
        triton("http");
    }

    @Test
    @Order(2)
    void tritonsClientUnderstandsTheServerOverGrpc() {
        triton("grpc");
    }

    @Test
    @Order(2)
    void stubsOfThePublishedDefinitionUnderstandTheServer() {
        PythonClient.run(
                PythonClient.serving(),
                "generated_stubs.py",
                "--address",
                address(),
                "--proto",
                Repository.root().resolve("server/inference-api/src/main/protobuf").toString(),
                "--models",
                models.toString(),
                "--answers",
                ServingModels.liteAnswers().toString(),
                "--limit",
                Integer.toString(LARGEST_BODY));
    }

    @Test
    @Order(3)
    void rowsAndColumnsOfTensorFlowServingAreAnswered() {
        assertThat(curl.post("/v1/models/scaling:predict", "{\"instances\":[[1,2,3],[4,5,6]]}"))
                .isEqualTo(ok("{\"predictions\":[[2.0,4.0,6.0],[8.0,10.0,12.0]]}"));
        assertThat(
                        curl.post(
                                "/v1/models/scaling/versions/1:predict",
                                "{\"signature_name\":\"serving_default\",\"instances\":[{\"x\":[1,2,3]}]}"))
                .isEqualTo(ok("{\"predictions\":[[2.0,4.0,6.0]]}"));
        assertThat(
                        curl.post(
                                "/v1/models/scaling/labels/production:predict",
                                "{\"inputs\":[[1,2,3]]}"))
                .isEqualTo(ok("{\"outputs\":[[2.0,4.0,6.0]]}"));
        assertThat(
                        curl.post(
                                "/v1/models/adding:predict",
                                "{\"instances\":[{\"a\":[1,9007199254740993],\"b\":[2,1]}]}"))
                .isEqualTo(
                        ok(
                                "{\"predictions\":[{\"sum\":[3,9007199254740994],"
                                        + "\"difference\":[-1,9007199254740992]}]}"));
        assertThat(
                        curl.post(
                                "/v1/models/adding:predict",
                                "{\"inputs\":{\"b\":[[2,1]],\"a\":[[1,5]]}}"))
                .isEqualTo(ok("{\"outputs\":{\"sum\":[[3,6]],\"difference\":[[-1,4]]}}"));
        assertThat(
                        curl.post(
                                "/v1/models/echoing:predict",
                                "{\"instances\":[[{\"b64\":\"aGk=\"},\"you\"]]}"))
                .isEqualTo(ok("{\"predictions\":[[\"hi\",\"you\"]]}"));
    }

    @Test
    @Order(3)
    void karbonsVerbAndAnEncodedColonAreAnswered() {
        String body = "{\"instances\":[[0.5,0,-1]]}";

        for (String path :
                List.of(
                        "/v1/models/scaling/versions/1:infer",
                        "/v1/models/scaling:infer",
                        "/v1/models/scaling%3Apredict",
                        "/v1/models/scaling/versions/1%3ainfer",
                        "/projects/default/v1/models/scaling:predict")) {
            assertThat(curl.post(path, body))
                    .as(path)
                    .isEqualTo(ok("{\"predictions\":[[1.0,0.0,-2.0]]}"));
        }
    }

    @Test
    @Order(3)
    void statusAndMetadataAreThoseOfTensorFlowServingAndKServe() {
        assertThat(curl.call("/v1/models").body()).contains("\"scaling\"", "\"fashion\"");
        assertThat(curl.call("/v1/models/scaling").body().replace(" ", ""))
                .contains("\"name\":\"scaling\"", "\"ready\":true", "\"state\":\"AVAILABLE\"");
        assertThat(curl.call("/v1/models/scaling/versions/1").body()).contains("AVAILABLE");
        assertThat(curl.call("/v1/models/fashion/metadata").body())
                .contains("\"signature_def\"", "\"serving_default\"", "DT_FLOAT", "28");
        assertThat(curl.call("/").body()).isEqualTo("{\"status\":\"alive\"}");
        assertThat(curl.call("/v2/health/live").status()).isEqualTo(200);
        assertThat(curl.call("/v2/health/ready").status()).isEqualTo(200);
        assertThat(curl.call("/v2/models/scaling/versions/1/ready").status()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void compressedBodiesAreUnderstoodAndAnswered() throws IOException {
        String rows = "[1,2,3]" + ",[1,2,3]".repeat(999);
        byte[] body = gzip("{\"instances\":[" + rows + "]}");

        Curl.Answer answer =
                curl.send(
                        "/v1/models/scaling:predict",
                        body,
                        "-H",
                        JSON,
                        "-H",
                        "Content-Encoding: gzip",
                        "--compressed");

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo("{\"predictions\":[[2.0,4.0,6.0]" + ",[2.0,4.0,6.0]".repeat(999) + "]}");
    }

    @Test
    @Order(3)
    void http2IsAnsweredWithAndWithoutAsking() {
        Curl.Answer predicted =
                curl.post(
                        "/v1/models/scaling:predict",
                        "{\"instances\":[[1,2,3]]}",
                        "--http2-prior-knowledge");
        assertThat(predicted)
                .isEqualTo(new Curl.Answer(200, "2", 1, "{\"predictions\":[[2.0,4.0,6.0]]}"));

        List<Curl.Answer> upgraded =
                curl.all(Collections.nCopies(5, "/v2/models/scaling"), "--http2");
        assertThat(upgraded)
                .allMatch(answer -> answer.status() == 200)
                .allMatch(answer -> answer.version().equals("2"));
        assertThat(connections(upgraded)).isOne();
    }

    /** Over HTTP/2, gRPC's stubs show it; curl 7.88 itself fails there from the second call on. */
    @Test
    @Order(3)
    void aConnectionServesManyRequests() {
        var paths = Collections.nCopies(20, "/v1/models/scaling:predict");

        List<Curl.Answer> answers =
                curl.all(paths, "-H", JSON, "-d", "{\"instances\":[[1,2,3]]}", "--http1.1");

        assertThat(answers).hasSize(20).allMatch(answer -> answer.status() == 200);
        assertThat(connections(answers)).isOne();
    }

    @Test
    @Order(3)
    void aConnectionServesOnAfterBadRequests() {
        var paths =
                List.of(
                        "/v1/models/scaling:predict",
                        "/v1/models/nobody:predict",
                        "/v1/models/adding:predict",
                        "/v2/models/scaling/infer",
                        "/v1/models/scaling:predict");

        List<Curl.Answer> answers =
                curl.all(paths, "-H", JSON, "-d", "{\"instances\":[[1,2,3]]}", "--http1.1");

        assertThat(answers)
                .extracting(Curl.Answer::status)
                .containsExactly(200, 404, 400, 400, 200);
    }

    @Test
    @Order(4)
    void theMetersTellOfEveryModel() {
        assertThat(server.get("/metrics").body())
                .contains("request_predict_seconds")
                .contains("model_name=\"scaling\"")
                .contains("millrace_model_requests_total");
    }

    private static void triton(String protocol) {
        PythonClient.run(
                PythonClient.serving(),
                "triton_clients.py",
                "--protocol",
                protocol,
                "--address",
                address(),
                "--models",
                models.toString(),
                "--answers",
                ServingModels.liteAnswers().toString());
    }

    private static String address() {
        return "127.0.0.1:" + server.ports().http();
    }

    private static void uploadByCommand(String name, Path file) {
        Outcome outcome =
                CommandLine.millrace(
                                server,
                                "models",
                                "upload",
                                name,
                                file.toString(),
                                "--model-version",
                                "1")
                        .orFail();
        assertThat(outcome.out()).contains("Ready");
    }

    private static int connections(List<Curl.Answer> answers) {
        return answers.stream().mapToInt(Curl.Answer::connections).sum();
    }

    /** What curl shows of a good answer on a connection of its own. */
    private static Curl.Answer ok(String body) {
        return new Curl.Answer(200, "1.1", 1, body);
    }

    private static byte[] gzip(String text) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
