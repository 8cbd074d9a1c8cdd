package io.millrace.management.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.management.http.TestServer.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class UploadsTest {
    private static final String MODEL = "/projects/default/models/m";
    private static final byte[] BAD = TestServer.archive("x", "nothing");

    private final TestServer server = new TestServer();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void keepsContentUnderItsHash() {
        String sha256 = MemoryBlobs.sha256(TestServer.GOOD);
        String path = "/projects/default/blobs/" + sha256;
        assertThat(head(path)).isEqualTo(404);

        Answer kept = server.post("/projects/default/blobs", TestServer.GOOD);

        assertThat(kept.status()).isEqualTo(201);
        assertThat(kept.text("/sha256")).isEqualTo(sha256);
        assertThat(kept.text("/uri")).isEqualTo("blob:sha256:" + sha256);
        assertThat(head(path)).isEqualTo(200);
        assertThat(head("/projects/default/blobs/no-hash")).isEqualTo(404);
        assertThat(server.post("/projects/none/blobs", TestServer.GOOD).status()).isEqualTo(404);
    }

    private int head(String path) {
        return server.send("HEAD", path, BodyPublishers.noBody()).status();
    }

    @Test
    void refusesContentThatIsTooLargeOrEmpty() {
        Answer large = server.post("/projects/default/blobs", new byte[300_000]);
        assertThat(large.status()).isEqualTo(413);
        var unknownLength =
                BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[300_000]));
        assertThat(server.send("POST", "/projects/default/blobs", unknownLength).status())
                .isEqualTo(413);
        assertThat(server.post("/projects/default/blobs", new byte[0]).status()).isEqualTo(400);
    }

    @Test
    void anUploadCreatesTheModelAndWaitsForTheVersion() {
        Answer answer = server.post(MODEL + "/versions/1?framework=tensorflow", TestServer.GOOD);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().at("/version").asInt()).isEqualTo(1);
        assertThat(answer.text("/state")).isEqualTo("Ready");
        assertThat(answer.text("/sha256")).isEqualTo(MemoryBlobs.sha256(TestServer.GOOD));
        Answer model = server.get(MODEL);
        assertThat(model.text("/spec/framework")).isEqualTo("tensorflow");
        assertThat(model.text("/spec/versions/0/uri"))
                .isEqualTo("blob:sha256:" + MemoryBlobs.sha256(TestServer.GOOD));
        assertThat(model.text("/status/conditions/0/status")).isEqualTo("True");
    }

    @Test
    void aVersionIsNeverReplaced() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer again = server.post(MODEL + "/versions/1", TestServer.GOOD);

        assertThat(again.status()).isEqualTo(409);
        assertThat(again.text("/detail")).contains("version 1");
    }

    @Test
    void aRejectedVersionIsNotKept() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer rejected = server.post(MODEL + "/versions/2", BAD);

        assertThat(rejected.status()).isEqualTo(400);
        assertThat(rejected.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(rejected.text("/detail")).contains("no saved_model.pb in it");
        assertThat(server.get(MODEL).json().at("/spec/versions").size()).isEqualTo(1);
        assertThat(server.post(MODEL + "/versions/2", TestServer.GOOD).status()).isEqualTo(200);
    }

    @Test
    void aRejectedVersionIsNotKeptEvenWhenAPipelineWaitsForIt() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: Pipeline
                metadata: {name: p}
                spec:
                  from: {dataSource: {name: a}}
                  steps: [{model: {name: m, version: 2, decode: {format: json, field: x}}}]
                  to: [{mqtt: {topic: o}}]
                """);

        assertThat(server.post(MODEL + "/versions/2", BAD).status()).isEqualTo(400);

        assertThat(server.get(MODEL).json().at("/spec/versions").size()).isEqualTo(1);
    }

    @Test
    void aModelWhoseOnlyVersionWasRejectedIsNotKeptEither() {
        assertThat(server.post(MODEL + "/versions/1", BAD).status()).isEqualTo(400);

        assertThat(server.get(MODEL).status()).isEqualTo(404);
    }

    @Test
    void theFrameworkMustFit() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer answer = server.post(MODEL + "/versions/2?framework=onnx", TestServer.GOOD);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/detail")).contains("tensorflow").contains("onnx");
        assertThat(server.post(MODEL + "/versions/0", TestServer.GOOD).status()).isEqualTo(400);
        assertThat(server.post(MODEL + "/versions/x", TestServer.GOOD).status()).isEqualTo(400);
    }

    private static byte[] form(String disposition) {
        return form(disposition, new String(TestServer.GOOD, StandardCharsets.ISO_8859_1));
    }

    private static byte[] form(String disposition, String content) {
        String text =
                "--XYZ\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
                        + "--XYZ\r\nContent-Disposition: form-data; "
                        + disposition
                        + "\r\nContent-Type: application/zip\r\n\r\n"
                        + content
                        + "\r\n--XYZ--\r\n";
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void takesTheFirstFileOfAForm() {
        Answer answer =
                server.post(
                        MODEL + "/versions/1",
                        form("name=\"Payload\"; filename=\"m.zip\""),
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text("/sha256")).isEqualTo(MemoryBlobs.sha256(TestServer.GOOD));
    }

    @Test
    void aFormWithoutAFileOrBoundaryIsRefused() {
        String path = MODEL + "/versions/1";
        Answer noFile =
                server.post(
                        path,
                        form("name=\"Payload\""),
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");
        assertThat(noFile.status()).isEqualTo(400);
        assertThat(noFile.text("/detail")).contains("no part with a file name");
        Answer noBoundary = server.post(path, form("x"), "Content-Type", "multipart/form-data");
        assertThat(noBoundary.status()).isEqualTo(400);
        Answer truncated =
                server.post(
                        path,
                        "--XYZ\r\nContent-Disposition: form-data; filename=\"m.zip\"\r\n\r\nabc",
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");
        assertThat(truncated.status()).isEqualTo(400);
        assertThat(server.get(MODEL).status()).isEqualTo(404);
    }

    @Test
    void packsASingleFileByTheNameThatItWasSentUnder() {
        Answer answer =
                server.post(
                        MODEL + "/versions/1",
                        form("name=\"f\"; filename=\"C:\\\\x\\\\Digits.ONNX\"", "a model"),
                        "Content-Type",
                        "multipart/form-data; boundary=XYZ");

        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        assertThat(answer.text("/sha256"))
                .isEqualTo(MemoryBlobs.sha256(TestServer.archive("model.onnx", "a model")));
        assertThat(server.get(MODEL).text("/spec/framework")).isEqualTo("onnx");
    }

    @Test
    void packsASingleFileByItsContentOrByItsFramework() {
        assertPacked("1", "", "model.tflite", "\u001c\0\0\0TFL3 a model", "tflite");
        assertPacked("2", "", "model.h5", "\u0089HDF\r\n\u001a\n a model", "keras");
        assertPacked("3", "", "model.onnx", "\b\b a model", "onnx");
        assertPacked("4", "", "saved_model.pb", "\b\u0001 a model", "tensorflow");
        assertPacked("5", "?framework=ONNX", "model.onnx", "\b\u0001 a model", "onnx");
        assertPacked("6", "?framework=tflite", "model.tflite", "a model", "tflite");
        String keras = text(TestServer.archive("metadata.json", "a model"));
        assertPacked("7", "", "model.keras", keras, "keras");
    }

    private void assertPacked(
            String name, String query, String file, String content, String framework) {
        String model = MODEL + name;
        Answer answer =
                server.post(
                        model + "/versions/1" + query,
                        content.getBytes(StandardCharsets.ISO_8859_1));
        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        assertThat(answer.text("/sha256"))
                .isEqualTo(MemoryBlobs.sha256(TestServer.archive(file, content)));
        assertThat(server.get(model).text("/spec/framework")).isEqualTo(framework);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Test
    void aFileOfAModelThatIsKnownIsPackedAsItsFrameworkSays() {
        server.post(MODEL + "/versions/1?framework=onnx", "\b\b a model");

        Answer answer = server.post(MODEL + "/versions/2", "a model of no mark");

        assertThat(answer.text("/sha256"))
                .isEqualTo(
                        MemoryBlobs.sha256(TestServer.archive("model.onnx", "a model of no mark")));
        Answer other = server.post(MODEL + "/versions/3", "\u001c\0\0\0TFL3 a model");
        assertThat(other.status()).isEqualTo(400);
        assertThat(other.text("/detail"))
                .isEqualTo("Model/m is a model of framework 'onnx', not 'tflite'");
    }

    @Test
    void saysWhatItTakesWhenItCannotTellWhatAFileIs() {
        Answer unknown = server.post(MODEL + "/versions/1", "a model of no mark");
        assertThat(unknown.status()).isEqualTo(400);
        assertThat(unknown.text("/detail")).contains("expected a zip", ".onnx", "?framework=onnx");
        Answer gzip =
                server.post(
                        MODEL + "/versions/1?framework=onnx",
                        "\u001f\u008b a model".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(gzip.status()).isEqualTo(400);
        assertThat(gzip.text("/detail")).contains("got a gzip: pack the files with zip");
    }

    @Test
    void saysWhatAVersionStillWaitsFor() {
        try (var impatient = new TestServer(Duration.ofSeconds(3))) {
            Answer late =
                    impatient.post(
                            MODEL + "/versions",
                            "{\"version\": 1, \"uri\": \"" + TestServer.LATE_ADDRESS + "a.zip\"}");
            assertThat(late.status()).isEqualTo(504);
            assertThat(late.text("/detail")).contains("it is kept", "the host is not known");
            assertThat(impatient.get(MODEL + "/versions/1").text("/state")).isEqualTo("Pending");
        }
    }

    @Test
    void theNameAtTheEndOfAnAddressTellsTheFrameworkOfANewModel() {
        String body = "{\"version\": %d, \"uri\": \"" + TestServer.GOOD_FOLDER + "%s\"}";
        String fetched = "/projects/default/models/fetched";

        server.post(fetched + "/versions", body.formatted(1, "Digits.ONNX?key=a.zip"));
        assertThat(server.get(fetched).text("/spec/framework")).isEqualTo("onnx");
        Answer more = server.post(fetched + "/versions", body.formatted(2, "digits.tflite"));
        assertThat(more.status()).isEqualTo(200);
        assertThat(server.get(fetched).text("/spec/framework")).isEqualTo("onnx");

        server.post(MODEL + "/versions", body.formatted(1, "digits.zip"));
        assertThat(server.get(MODEL).text("/spec/framework")).isEqualTo("tensorflow");
    }

    @Test
    void addsAVersionFromAnAddress() {
        String body = "{\"version\": 1, \"uri\": \"%s\", \"framework\": \"onnx\"}";
        Answer answer = server.post(MODEL + "/versions", body.formatted(TestServer.GOOD_ADDRESS));

        assertThat(answer.status()).as(answer.response().body()).isEqualTo(200);
        assertThat(answer.text("/origin")).isEqualTo(TestServer.GOOD_ADDRESS);
        assertThat(server.get(MODEL).text("/spec/framework")).isEqualTo("onnx");
        assertThat(
                        server.post(MODEL + "/versions", body.formatted(TestServer.GOOD_ADDRESS))
                                .status())
                .isEqualTo(409);

        Answer rejected =
                server.post(
                        MODEL + "/versions",
                        "{\"version\": 2, \"storageUri\": \"s3://bucket/bad\"}");
        assertThat(rejected.status()).isEqualTo(400);
        assertThat(rejected.text("/detail")).contains("rejected", "no saved_model.pb in it");

        Answer wrong = server.post(MODEL + "/versions", "{\"uri\": \"ftp://x/y\"}");
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.json().at("/errors").size()).isEqualTo(2);
    }

    @Test
    void showsAVersion() {
        server.post(MODEL + "/versions/1", TestServer.GOOD);

        Answer answer = server.get(MODEL + "/versions/1");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text("/state")).isEqualTo("Ready");
        assertThat(answer.text("/origin")).startsWith("blob:sha256:");
        assertThat(answer.json().at("/loaded").asBoolean()).isTrue();
        assertThat(answer.json().at("/checks").isArray()).isTrue();
        Answer unknown = server.get(MODEL + "/versions/2");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.text("/detail")).isEqualTo("Model/m has no version 2; it has 1");
        assertThat(server.get("/projects/default/models/none/versions/1").status()).isEqualTo(404);
    }

    @Test
    void givesCertificatesToDataSourcesThatExist() {
        server.apply(
                """
                apiVersion: millrace.io/v1
                kind: DataSource
                metadata: {name: camera}
                spec: {mqtt: {}, fields: [{name: image, topic: images}]}
                """);

        Answer answer = server.post("/projects/default/datasources/camera/certificates", "");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/zip");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.response().body()).isEqualTo("zip of default/camera");
        assertThat(server.post("/projects/default/datasources/x/certificates", "").status())
                .isEqualTo(404);
    }
}
